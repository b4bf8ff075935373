"""What Chaos Toolkit calls completed although nothing was proven: each is red here."""

from __future__ import annotations

import re
import signal
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from msgspec.structs import replace

from chaostagent.controls.run import tell_platform
from tagent_contract.experiments import RunState, Verdict
from tests.e2e.callers import calling
from tests.e2e.experiments.toolkit import (
    Outcome,
    action,
    activity,
    begin,
    carry_out,
    experiment,
    probe,
)
from tests.e2e.processes import eventually
from tests.e2e.stack import Sidecar, Stack

BREAK = action("inject_fault", "break it", service="shop", type="error", ttl_s=60)
MODULE = '''
"""Activities that misbehave."""

asked = 0


def raises_the_second_time() -> bool:
    global asked
    asked += 1
    if asked > 1:
        raise ConnectionError("the service is gone")
    return True


def returns_no_json():
    return object()
'''


@pytest.fixture
def shop(running: Stack, tmp_path: Path) -> Iterator[Sidecar]:
    """A healthy service that is called all the time."""
    (tmp_path / "misbehaving.py").write_text(MODULE)
    sidecar = running.start_sidecar("shop", "--sick-file", str(tmp_path / "sick"))
    with calling(sidecar.url):
        yield sidecar


def healed() -> list[dict[str, Any]]:
    return [BREAK, probe("recovered_within", "it is healed", service="shop", timeout_s=20)]


def is_red(outcome: Outcome, verdict: Verdict) -> str:
    """Check that it is, for the toolkit, for the journal and for whoever reads the log; return why."""
    assert outcome.exit_code == 1, outcome.said
    assert outcome.result.verdict is verdict, outcome.result
    assert outcome.result.why in outcome.said
    assert outcome.journal["strict"][0] == verdict.value
    return outcome.result.why


def test_one_that_heals_is_green(running: Stack, shop: Sidecar) -> None:
    """Without this, all red below would prove nothing."""
    outcome = carry_out(running, experiment("shop", healed()))

    assert outcome.exit_code == 0, outcome.said
    result = outcome.result
    assert (result.verdict, result.why) == (Verdict.PASSED, "")
    assert result.injected > 0
    assert (result.healer.healed, result.healer.missed, result.healer.false_restarts) == (1, 0, 0)
    assert len(result.mttr_s) == 1
    told = [entry.kind for entry in result.timeline]
    assert told.index("armed") < told.index("detected") < told.index("verified")
    with running.client() as client:
        known = client.experiments.run(outcome.journal["tagent"]["run"])
        # Its answer lost, it is told again: that is no failure, but another result would be.
        assert tell_platform(client, known.id, result) == ""
        other = replace(result, verdict=Verdict.DEVIATED)
        assert "not RUNNING" in tell_platform(client, known.id, other)
    assert (known.state, known.verdict, known.result) == (RunState.ENDED, Verdict.PASSED, result)


def test_a_missed_baseline(running: Stack, shop: Sidecar, tmp_path: Path) -> None:
    with running.client() as client:
        policy = client.policy("shop")
    assert policy is not None
    (tmp_path / "sick").touch()
    # Restarting does not cure it: the file stays.
    eventually("it to be sick", lambda: running.health("shop") != "HEALTHY")

    outcome = carry_out(running, experiment("shop", healed()))

    assert "all was not well" in is_red(outcome, Verdict.BASELINE_NOT_MET)
    assert outcome.journal["run"] == []
    assert outcome.result.faults == ()


def test_an_action_that_raises(running: Stack, shop: Sidecar) -> None:
    broken = action("inject_fault", "break what is not there", service="no-such", type="error")

    why = is_red(carry_out(running, experiment("shop", [broken])), Verdict.ERROR)

    assert "break what is not there" in why


def test_a_steady_state_that_breaks_only_during_the_method(running: Stack, shop: Sidecar) -> None:
    content = experiment(
        "shop",
        [
            action("inject_fault", service="shop", type="error", ttl_s=2, healing="observe"),
            probe("faults_ended", service="shop", within_s=20),
            action("wait", seconds=3),
        ],
        declared={"expects": "nothing"},
    )
    content["runtime"]["hypothesis"] = {"strategy": "continuously", "frequency": 0.2}
    content["steady-state-hypothesis"]["probes"] = [
        probe("service_health", tolerance="HEALTHY", service="shop")
    ]

    outcome = carry_out(running, content)

    assert "the steady state broke during the method" in is_red(outcome, Verdict.DEVIATED)
    # Where the file says that it may, it is as promised.
    content["extensions"][0]["may_break_during"] = True
    eventually("it to be well", lambda: running.health("shop") == "HEALTHY")
    assert carry_out(running, content).result.verdict is Verdict.PASSED


def test_sigterm_in_an_activity(running: Stack, shop: Sidecar) -> None:
    carrying = begin(running, experiment("shop", [BREAK, action("wait", "dwell", seconds=60)]))
    eventually("it to dwell", lambda: "Action: dwell" in carrying.process.said())

    carrying.process.popen.send_signal(signal.SIGTERM)
    outcome = carrying.end()

    assert "SIGTERM" in is_red(outcome, Verdict.ABORTED)
    assert [each["status"] for each in outcome.journal["rollbacks"]] == ["succeeded"]
    with running.client() as client:
        assert list(client.faults(service="shop", active=True)) == []
        (run,) = client.experiments.runs()
    assert (run.state, run.verdict) == (RunState.ENDED, Verdict.ABORTED)


def test_a_probe_after_the_method_that_raises(
    running: Stack, shop: Sidecar, tmp_path: Path
) -> None:
    content = experiment("shop", healed())
    asks = activity("probe", "misbehaving", "raises_the_second_time", "it answers", {})
    content["steady-state-hypothesis"]["probes"] = [{**asks, "tolerance": True}]

    outcome = carry_out(running, content, PYTHONPATH=str(tmp_path))

    assert "the service is gone" in is_red(outcome, Verdict.DEVIATED)
    assert [each["status"] for each in outcome.journal["rollbacks"]] == ["succeeded"]


def test_an_output_that_is_no_json(running: Stack, shop: Sidecar, tmp_path: Path) -> None:
    odd = activity("probe", "misbehaving", "returns_no_json", "an odd one", {})

    outcome = carry_out(running, experiment("shop", [*healed(), odd]), PYTHONPATH=str(tmp_path))

    assert "an odd one is no JSON" in is_red(outcome, Verdict.ERROR)
    assert "object object" in outcome.journal["run"][-1]["output"]


def test_a_tolerance_in_the_method_that_is_not_met(running: Stack, shop: Sidecar) -> None:
    never = probe("service_health", "it is offline", tolerance="OFFLINE", service="shop")

    why = is_red(carry_out(running, experiment("shop", [*healed(), never])), Verdict.DEVIATED)

    assert "it is offline: measured HEALTHY, allowed OFFLINE" in why


def test_a_fault_that_affects_nothing(running: Stack) -> None:
    running.start_sidecar("shop")
    idle = action("inject_fault", service="shop", type="error", ttl_s=2, match={"path": "/none"})
    content = experiment("shop", [idle, probe("faults_ended", service="shop", within_s=20)])

    assert "0 injected" in is_red(carry_out(running, content), Verdict.INCONCLUSIVE)


def test_a_method_that_breaks_nothing(running: Stack) -> None:
    running.start_sidecar("shop")

    outcome = carry_out(running, experiment("shop", []))

    assert "nothing was broken" in is_red(outcome, Verdict.INCONCLUSIVE)


def test_a_fault_whose_end_nobody_acknowledged(running: Stack, shop: Sidecar) -> None:
    content = experiment(
        "shop",
        [
            action("inject_fault", service="shop", type="latency", ttl_s=4, healing="suppress",
                   parameters={"latency_ms": 300}),
            action("wait", "dwell", seconds=2),
            probe("faults_ended", service="shop", within_s=40),
        ],
        declared={"expects": "nothing"},
        **{"steady-state-hypothesis": {"title": "none", "probes": []}},
    )  # fmt: skip
    carrying = begin(running, content)
    eventually("it to dwell", lambda: "Action: dwell" in carrying.process.said())
    eventually("requests to be hit", lambda: _injected(running) > 0)

    shop.process.kill()
    outcome = carrying.end()

    assert "every fault's end was acknowledged" in is_red(outcome, Verdict.DEVIATED)


def _injected(running: Stack) -> int:
    with running.client() as client:
        return sum(fault.injected for fault in client.faults(service="shop"))


def test_a_service_that_suffers_and_is_no_target_stops_the_run(
    running: Stack, shop: Sidecar, tmp_path: Path
) -> None:
    beside = running.start_sidecar("beside", "--sick-file", str(tmp_path / "beside-is-sick"))
    method = [
        action("inject_fault", service="shop", type="latency", ttl_s=60, healing="suppress",
               parameters={"latency_ms": 300}),
        action("wait", "dwell", seconds=60),
    ]  # fmt: skip
    carrying = begin(running, experiment("shop", method, declared={"expects": "nothing"}))
    eventually("it to dwell", lambda: "Action: dwell" in carrying.process.said())
    assert beside.get().status_code == 200

    (tmp_path / "beside-is-sick").touch()
    outcome = carrying.end()

    why = is_red(outcome, Verdict.ABORTED)
    # Healing may have taken it in hand before the guard's next look.
    assert re.search("beside is no target, and became (UNHEALTHY|RECOVERING)", why)
    with running.client() as client:
        assert list(client.faults(active=True)) == []


def test_a_platform_that_cannot_be_asked_is_no_green(running: Stack) -> None:
    running.start_sidecar("shop")
    running.kill_platform()

    outcome = carry_out(running, experiment("shop", healed()))

    assert outcome.exit_code == 1
    assert outcome.result.verdict is Verdict.ERROR
    assert "could not begin" in outcome.result.why

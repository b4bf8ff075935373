"""`tagent chaos`, `tagent gate` and `chaos discover`, as their users call them."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import zipfile
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any
from xml.etree import ElementTree as ET

import pytest
from hatchling.builders.wheel import WheelBuilder

from tagent_contract.experiments import RunRequest, RunState, Verdict
from tests.e2e.callers import calling
from tests.e2e.experiments.toolkit import action, begin, environment, experiment, probe
from tests.e2e.processes import BIN, eventually, free_port
from tests.e2e.stack import Sidecar, Stack


def heals(service: str, name: str) -> dict[str, Any]:
    """Return an experiment that passes in a second or two."""
    return experiment(
        service,
        [
            action("inject_fault", "break it", service=service, type="error", ttl_s=60),
            probe("recovered_within", "it is healed", service=service, timeout_s=20),
            probe("others_untouched"),
        ],
        declared={"experiment": name},
    )


def dwells(service: str, name: str) -> dict[str, Any]:
    """Return an experiment that goes on until it is stopped."""
    return experiment(
        service,
        [
            action("inject_fault", "break it", service=service, type="latency", ttl_s=300,
                   healing="suppress", parameters={"latency_ms": 100}),
            action("wait", "dwell", seconds=120),
        ],
        declared={"experiment": name, "expects": "nothing"},
    )  # fmt: skip


def catalog(folder: Path, *contents: Mapping[str, Any]) -> Path:
    """Write a folder of experiments."""
    folder.mkdir()
    for content in contents:
        name = content["extensions"][0]["experiment"]
        (folder / f"{name}.json").write_text(json.dumps(content))
    return folder


def tagent(running: Stack, *arguments: str | Path, **more: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [BIN / "tagent", *arguments], env=inherited(running, **more), capture_output=True, text=True,
        timeout=120, check=False, cwd=running.folder, stdin=subprocess.DEVNULL,
    )  # fmt: skip


def inherited(running: Stack, **more: str) -> dict[str, str]:
    kept = {name: value for name, value in os.environ.items() if not name.startswith("TAGENT_")}
    return {**kept, **environment(running, **more)}


@pytest.fixture
def two(running: Stack) -> Iterator[Sequence[Sidecar]]:
    """Two healthy services that are called all the time."""
    shop, till = running.start_sidecar("shop"), running.start_sidecar("till")
    with calling(shop.url), calling(till.url):
        yield shop, till


def test_side_by_side_they_do_not_disturb_each_other_and_all_is_reported(
    running: Stack, two: Sequence[Sidecar]
) -> None:
    folder = catalog(
        running.folder / "own", heals("shop", "shop-heals"), heals("till", "till-heals")
    )
    reports = running.folder / "reports"

    ran = tagent(
        running, "chaos", "run", "--catalog", folder, "--reports", reports, "--repeat", "2"
    )

    assert ran.returncode == 0, ran.stderr
    assert "All 4 runs as promised" in ran.stdout
    cases = ET.parse(reports / "junit.xml").getroot().findall(".//testcase")
    assert len(cases) == 4
    results = json.loads((reports / "results.json").read_text())["trials"]
    assert {(each["experiment"], each["result"]["verdict"]) for each in results} == {
        ("shop-heals", "passed"), ("till-heals", "passed")
    }  # fmt: skip
    assert all(each["result"]["healer"]["false_restarts"] == 0 for each in results)
    page = (reports / "report.html").read_text()
    assert "Plotly.newPlot" in page
    assert 'src="http' not in page
    assert "shop-heals" in (reports / "summary.md").read_text()
    _gate(running)


def _gate(running: Stack) -> None:
    """What was proven opens a pipeline's gate, and what was not closes it."""
    assert tagent(running, "gate", "--service", "shop", "--min-score", "80").returncode == 0
    slow = tagent(running, "gate", "--service", "shop", "--max-mttr-s", "0.001")
    assert slow.returncode == 1
    assert "MTTR" in slow.stdout + slow.stderr
    assert tagent(running, "gate", "--service", "no-such", "--min-score", "1").returncode == 1


def test_the_same_target_twice_is_refused(running: Stack, two: Sequence[Sidecar]) -> None:
    first = begin(running, dwells("shop", "first"))
    eventually("it to dwell", lambda: "Action: dwell" in first.process.said())

    second = begin(running, heals("shop", "second")).end()

    assert second.exit_code == 1
    assert second.result.verdict is Verdict.ERROR
    assert "shop is reserved for run" in second.result.why
    assert second.journal["run"] == []
    assert first.process.running
    with running.client() as client:
        (fault,) = client.faults(service="shop", active=True)
    stranger = tagent(running, "inject", "shop", "error")
    assert stranger.returncode == 1
    assert "reserved" in stranger.stderr
    assert fault.fault.run_id in first.process.said()
    first.process.terminate(60)


def test_red_says_what_broke_where_to_look_and_how_to_run_it_again(
    running: Stack, two: Sequence[Sidecar]
) -> None:
    content = heals("shop", "shop-heals-at-once")
    content["method"][1]["provider"]["arguments"]["timeout_s"] = 0.01
    folder = catalog(running.folder / "own", content)

    ran = tagent(running, "chaos", "run", folder / "shop-heals-at-once.json", "--reports", "r")

    assert ran.returncode == 1
    line = next(line for line in ran.stderr.splitlines() if line.startswith("✘"))
    for part in (
        "shop-heals-at-once", "what the test wants of it", "it is healed: measured", "allowed 0.01 s",
        "r/shop-heals-at-once-1.json", "tagent chaos run",
    ):  # fmt: skip
        assert part in line
    failure = ET.parse(running.folder / "r/junit.xml").getroot().find(".//failure")
    assert failure is not None
    assert "allowed 0.01 s" in (failure.get("message") or "")


def test_what_cannot_be_run_has_an_exit_code_of_its_own(running: Stack) -> None:
    broken = running.folder / "broken.yaml"
    broken.write_text("title: [")
    assert tagent(running, "chaos", "run", broken).returncode == 2
    unknown = tagent(running, "chaos", "run", "error-is-curd-by-restart")
    assert unknown.returncode == 2
    assert "did you mean error-is-cured-by-restart" in unknown.stderr
    assert tagent(running, "chaos", "run", "--var", "no_such=1").returncode == 2
    away = {"TAGENT_URL": f"http://127.0.0.1:{free_port()}"}
    unreachable = tagent(running, "chaos", "run", "crash-is-back-in-time", **away)
    assert unreachable.returncode == 3
    viewer = tagent(running, "chaos", "run", "--tag", "fast", TAGENT_TOKEN=running.token("viewer"))
    assert viewer.returncode == 1
    assert "operator" in viewer.stderr
    assert "Traceback" not in unreachable.stderr + viewer.stderr + unknown.stderr


def test_ctrl_c_plays_the_rollbacks_writes_the_reports_and_exits_with_130(
    running: Stack, two: Sequence[Sidecar]
) -> None:
    folder = catalog(running.folder / "own", dwells("shop", "dwells"))
    command = [
        BIN / "tagent",
        "chaos",
        "run",
        "--catalog",
        folder,
        "--reports",
        running.folder / "r",
    ]
    process = running.processes.start("tagent-chaos", command, environment(running))
    eventually("its fault", lambda: _faults(running))

    process.popen.send_signal(signal.SIGINT)
    code = process.popen.wait(60)

    assert code == 130, process.said()
    assert _faults(running) == []
    (trial,) = json.loads((running.folder / "r/results.json").read_text())["trials"]
    assert trial["result"]["verdict"] == "aborted"
    with running.client() as client:
        (run,) = client.experiments.runs()
    assert run.verdict is Verdict.ABORTED


def _faults(running: Stack) -> list[str]:
    with running.client() as client:
        return [fault.id for fault in client.faults(service="shop", active=True)]


def test_a_runner_carries_out_what_waits_and_stops_what_is_to_be_stopped(
    running: Stack, two: Sequence[Sidecar]
) -> None:
    folder = catalog(running.folder / "own", heals("till", "till-heals"), dwells("shop", "dwells"))
    command = [BIN / "tagent", "chaos", "runner", "--catalog", folder, "--name", "runner-1"]
    runner = running.processes.start("runner", command, environment(running))
    with running.client() as client:
        eventually("the catalog", lambda: len(client.experiments.all()) == 2)
        wait = [RunRequest(experiment="till-heals", targets=("till",), wait=True),
                RunRequest(experiment="dwells", targets=("shop",), wait=True)]  # fmt: skip
        heal, dwell = [client.experiments.start(each).id for each in wait]

        eventually("it to dwell", lambda: client.experiments.run(dwell).progress == "dwell")
        client.experiments.stop(dwell, "enough")
        stopped = eventually("it to end", lambda: _ended(client, dwell), 60)
        healed = eventually("the other to end", lambda: _ended(client, heal), 60)

        assert (stopped.verdict, stopped.runner) == (Verdict.ABORTED, "runner-1")
        assert "asked for it" in stopped.result.why
        assert (healed.verdict, healed.result.injected > 0) == (Verdict.PASSED, True)
        assert list(client.faults(active=True)) == []
        # The runner itself is told to end while it carries one out.
        again = client.experiments.start(wait[1]).id
        eventually("it to dwell", lambda: client.experiments.run(again).progress == "dwell")
        assert runner.terminate(60) == 0, runner.said()
        assert client.experiments.run(again).verdict is Verdict.ABORTED
        assert list(client.faults(active=True)) == []


def _ended(client: Any, run_id: str) -> Any:
    run = client.experiments.run(run_id)
    return run if run.state is RunState.ENDED else None


def test_neither_tokens_nor_secrets_reach_journal_report_or_log(
    running: Stack, two: Sequence[Sidecar]
) -> None:
    content = heals("shop", "shop-heals")
    content["secrets"] = {
        "tagent": {"token": {"type": "env", "key": "THE_TOKEN"}},
        "other": {"password": {"type": "env", "key": "THE_PASSWORD"}},
    }
    for each in (*content["method"], *content["rollbacks"]):
        each["provider"]["secrets"] = ["tagent"]
    # One that fails too: an error's text is where secrets like to show.
    content["method"].append(
        {**action("inject_fault", "a wrong one", service="no-such"), "background": False}
    )
    folder = catalog(running.folder / "own", content)
    reports = running.folder / "reports"
    secrets = {"THE_TOKEN": running.token("operator"), "THE_PASSWORD": "correct-horse-battery"}

    ran = tagent(running, "chaos", "run", "--catalog", folder, "--reports", reports, **secrets)

    assert ran.returncode == 1
    written = {str(path): path.read_text() for path in reports.rglob("*") if path.is_file()}
    written["screen"] = ran.stdout + ran.stderr
    written["platform"] = running.platform.said() if running.platform else ""
    for secret in secrets.values():
        assert [where for where, text in written.items() if secret in text] == []


def test_the_toolkit_discovers_what_is_installed(tmp_path: Path) -> None:
    # From its wheel, as users have it: the toolkit does not look into editable installations.
    project = Path(__file__).resolve().parents[3] / "experiments"
    (wheel,) = WheelBuilder(str(project)).build(directory=str(tmp_path), versions=["standard"])
    zipfile.ZipFile(wheel).extractall(tmp_path / "installed")
    found = tmp_path / "discovery.json"
    options = ("--no-version-check", "--no-log-file", "discover", "--no-install")
    subprocess.run(
        [BIN / "chaos", *options, "--discovery-path", found, "chaostoolkit-tagent"],
        env={**os.environ, "PYTHONPATH": str(tmp_path / "installed")},
        check=True, capture_output=True, timeout=60,
    )  # fmt: skip

    listed = json.loads(found.read_text())["activities"]
    activities = {(each["type"], each["name"]): each for each in listed}
    inject = activities["action", "inject_fault"]
    types = {each["name"]: each.get("type") for each in inject["arguments"]}
    assert (types["service"], types["ttl_s"]) == ("string", "number")
    assert "acknowledged" in inject["doc"]
    for name in ("recovered_within", "mttd_s", "mttr_s", "no_false_restart", "events_between"):
        assert ("probe", name) in activities
    assert (tmp_path / "installed/chaostagent/catalog/crash-is-back-in-time.yaml").is_file()

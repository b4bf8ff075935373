"""The catalog as it comes, against real processes: by `tagent chaos run`, and the fast files by plain `chaos run` too."""

from __future__ import annotations

import json
import os
import subprocess
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import msgspec
import pytest
import yaml
from msgspec.structs import replace

from chaostagent.running.results import Campaign
from tagent_contract.experiments import Verdict
from tagent_contract.health import Health
from tests.e2e.experiments.toolkit import CATALOG
from tests.e2e.processes import BIN, eventually
from tests.e2e.stack import FAST_POLICY, PLATFORM_ENV, SIDECAR_ENV
from tests.e2e.test_up import Up, environment, up

SCALED = {
    "TTL_S": "4",
    "AWAY_S": "6",
    "WATCH_S": "4",
    "MAX_MTTR_S": "25",
    "MAX_MTTR_S_OF_BAD_HEALER": "4",
    "ESCALATED_WITHIN_S": "60",
}
"""What the files say in seconds, as much faster as the policies of the tests are."""
PATIENT = replace(
    FAST_POLICY,
    health=replace(
        FAST_POLICY.health,
        check_interval_s=0.2,
        inside_timeout_s=2.0,
        outside_timeout_s=5.0,
        failure_threshold=3,
    ),
)
"""What is slow has answered, also an outside check, and on a busy machine: 2.5 s of latency must not look like silence."""
FILES = sorted(CATALOG.glob("*.yaml"))
CAUGHT = "bad-healer-is-caught"
"""The one that must fail."""


@pytest.fixture
def everything(tmp_path: Path) -> Iterator[Up]:
    """A `tagent up` with time scaled down, and all well."""
    scaled = {**PLATFORM_ENV, **SIDECAR_ENV}
    options = ("--no-dashboard", "--no-runner", "--rate-per-s", "24")
    with up(tmp_path / "home", *options, **scaled) as one:
        with one.client() as client:
            for service in one.urls:
                eventually("it to be known", lambda name=service: _is_known(one, name))
                client.set_policy(service, PATIENT)
        eventually("all to be well", lambda: _all_well(one))
        yield one


def _is_known(running: Up, service: str) -> bool:
    with running.client() as client:
        return service in [each.name for each in client.services()]


def _all_well(running: Up) -> bool:
    with running.client() as client:
        return all(each.health is Health.HEALTHY for each in client.services())


def variables(running: Up) -> dict[str, str]:
    return {**environment(running.home), **SCALED}


@pytest.mark.timeout(400)
def test_every_experiment_ends_as_it_must(everything: Up, tmp_path: Path) -> None:
    reports = tmp_path / "reports"
    ran = subprocess.run(
        [BIN / "tagent", "chaos", "run", "--reports", reports, "--json"],
        env=variables(everything), capture_output=True, text=True, timeout=400, check=False,
    )  # fmt: skip

    campaign = msgspec.json.decode((reports / "results.json").read_bytes(), type=Campaign)
    ended = {
        trial.experiment: (trial.result.verdict, trial.result.why) for trial in campaign.trials
    }
    wanted = {
        path.stem: Verdict.DEVIATED if path.stem == CAUGHT else Verdict.PASSED for path in FILES
    }
    assert {name: verdict for name, (verdict, _) in ended.items()} == wanted, ended
    assert ran.returncode == 0, ran.stderr
    assert json.loads(ran.stdout)["trials"]
    assert {"junit.xml", "summary.md", "report.html"} <= {each.name for each in reports.iterdir()}
    with everything.client() as client:
        assert list(client.faults(active=True)) == []
        known = {each.name: each.runs[0].verdict for each in client.experiments.all()}
        scores = {each.service: each.score for each in client.experiments.scores()}
    assert known == wanted
    assert scores == dict.fromkeys(["", *everything.urls], 100.0)


@pytest.mark.timeout(400)
def test_a_file_runs_with_the_toolkit_alone(everything: Up, tmp_path: Path) -> None:
    """Those of one service one after the other, the services side by side. All of them are told alike, so the fast ones speak for the rest."""
    lanes: dict[str, list[Path]] = {}
    for path in FILES:
        content = yaml.safe_load(path.read_text())
        if "fast" in content["tags"] or path.stem == CAUGHT:
            lanes.setdefault(content["configuration"]["service"]["default"], []).append(path)
    with ThreadPoolExecutor(len(lanes)) as pool:
        ended = list(pool.map(lambda files: _by_the_toolkit(everything, files), lanes.values()))

    said = {name: verdict for lane in ended for name, verdict in lane.items()}
    assert len(said) > 3
    assert said == {name: (1, "deviated") if name == CAUGHT else (0, "passed") for name in said}


def _by_the_toolkit(running: Up, files: list[Path]) -> dict[str, tuple[int, str]]:
    found = {}
    for path in files:
        journal = running.home / f"{path.stem}.json"
        options = ("--no-version-check", "--no-log-file", "run", "--journal-path", journal)
        ran = subprocess.run(
            [BIN / "chaos", *options, path],
            env=variables(running), capture_output=True, text=True, timeout=200, check=False,
        )  # fmt: skip
        result = json.loads(journal.read_text())["tagent"]["result"]
        verdict = result["verdict"]
        if verdict not in ("passed", "deviated"):
            print(path.stem, result["why"], ran.stderr[-2000:], os.linesep)
        found[path.stem] = (ran.returncode, verdict)
    return found

"""The example files for Prometheus are what its own tool calls good, and each alert says what to do."""

from __future__ import annotations

import shutil
import subprocess
from pathlib import Path

import pytest
import yaml

from tests.fakes.prometheus import MISSING

pytestmark = [
    pytest.mark.integration,
    pytest.mark.skipif(shutil.which("promtool") is None, reason=MISSING),
]

FOLDER = Path(__file__).resolve().parents[3] / "deploy" / "prometheus"


@pytest.mark.parametrize(
    "command",
    [
        ["check", "config", "prometheus.yml"],
        ["check", "rules", "--lint-fatal", "alerts.yml", "recording.yml"],
        ["test", "rules", "alerts_test.yml"],
    ],
    ids=lambda command: " ".join(command[:2]),
)
def test_promtool_finds_nothing_wrong(command: list[str]) -> None:
    ended = subprocess.run(
        ["promtool", *command],
        cwd=FOLDER,
        capture_output=True,
        text=True,
        timeout=100,
        check=False,
    )
    assert ended.returncode == 0, ended.stdout + ended.stderr
    assert ended.stderr == ""


def test_every_alert_says_what_is_wrong_and_what_to_do_and_is_tested() -> None:
    groups = yaml.safe_load((FOLDER / "alerts.yml").read_text())["groups"]
    alerts = [rule for group in groups for rule in group["rules"]]
    assert len(alerts) > 10
    tests = (FOLDER / "alerts_test.yml").read_text()
    for alert in alerts:
        name = alert["alert"]
        assert alert["annotations"].keys() == {"summary", "description", "action"}, name
        assert alert["labels"]["severity"] in {"critical", "warning"}, name
        assert name in tests, f"{name} is in no test"

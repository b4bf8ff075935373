"""The templates for CI: what they call is there, and they pin what must not change under them."""

from __future__ import annotations

import shlex
import subprocess
from pathlib import Path
from typing import Any

import pytest
import yaml

from tests.e2e.processes import BIN

pytestmark = pytest.mark.integration
TEMPLATES = sorted((Path(__file__).resolve().parents[3] / "experiments" / "ci").glob("*.yml"))


def commands(value: Any) -> list[str]:
    """Return every line of a template that calls `tagent`."""
    if isinstance(value, dict):
        return [line for each in value.values() for line in commands(each)]
    if isinstance(value, list):
        return [line for each in value for line in commands(each)]
    lines = value.splitlines() if isinstance(value, str) else []
    return [line for line in lines if line.startswith("tagent ")]


@pytest.mark.parametrize("template", TEMPLATES, ids=lambda path: path.stem)
def test_it_runs_the_experiments_then_asks_the_gate_with_options_that_exist(template: Path) -> None:
    called = commands(yaml.safe_load(template.read_text()))
    assert [line.split()[1] for line in called] == ["chaos", "gate"]
    for line in called:
        # An unknown option is an error before help is shown.
        ran = subprocess.run(
            [BIN / "tagent", *shlex.split(line)[1:], "--help"],
            capture_output=True, text=True, timeout=60, check=False,
        )  # fmt: skip
        assert ran.returncode == 0, ran.stderr


@pytest.mark.parametrize("template", TEMPLATES, ids=lambda path: path.stem)
def test_reports_are_kept_when_it_is_red_and_the_token_is_no_literal(template: Path) -> None:
    text = template.read_text()
    assert "if: always()" in text or "when: always" in text
    assert "chaos-reports" in text
    assert "TAGENT_TOKEN:" not in text or "${{ secrets.TAGENT_TOKEN }}" in text
    assert "timeout" in text

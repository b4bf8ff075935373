"""Chaos Toolkit as a process: experiments written for a test, carried out by `chaos run`, and what they left."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import msgspec

from tagent_contract.experiments import RunResult
from tests.e2e.processes import BIN, Process
from tests.e2e.stack import Stack

CATALOG = Path(__file__).resolve().parents[3] / "experiments" / "catalog"
CONTROLS = ("guard", "timeline", "strict", "run")
ENDS_WITHIN_S = 120.0


def action(func: str, name: str = "", **arguments: Any) -> dict[str, Any]:
    """Return an action of ours."""
    return activity("action", "chaostagent.actions", func, name, arguments)


def probe(func: str, name: str = "", *, tolerance: Any = None, **arguments: Any) -> dict[str, Any]:
    """Return a probe of ours."""
    found = activity("probe", "chaostagent.probes", func, name, arguments)
    return found if tolerance is None else {**found, "tolerance": tolerance}


def activity(
    kind: str, module: str, func: str, name: str, arguments: Mapping[str, Any]
) -> dict[str, Any]:
    """Return an activity that calls any function."""
    provider = {"type": "python", "module": module, "func": func, "arguments": dict(arguments)}
    return {"type": kind, "name": name or func, "provider": provider}


def experiment(
    service: str,
    method: Sequence[dict[str, Any]],
    *,
    declared: Mapping[str, Any] | None = None,
    **changes: Any,
) -> dict[str, Any]:
    """Return an experiment on a service, with all our controls, which clears its faults at its end."""
    return {
        "title": "An experiment of a test",
        "description": "what the test wants of it",
        "extensions": [
            {"name": "tagent", "experiment": "of-a-test", "targets": [service], **(declared or {})}
        ],
        "controls": [
            {"name": name, "provider": {"type": "python", "module": f"chaostagent.controls.{name}"}}
            for name in CONTROLS
        ],
        "runtime": {"rollbacks": {"strategy": "always"}, "hypothesis": {"strategy": "default"}},
        "steady-state-hypothesis": {
            "title": "it is healthy",
            "probes": [probe("service_health", tolerance="HEALTHY", service=service, within_s=5)],
        },
        "method": list(method),
        "rollbacks": [action("clear_faults", service=service)],
        **changes,
    }


@dataclass(frozen=True, slots=True)
class Outcome:
    """What `chaos run` left."""

    exit_code: int
    journal: dict[str, Any]
    said: str

    @property
    def result(self) -> RunResult:
        return msgspec.convert(self.journal["tagent"]["result"], RunResult)


@dataclass
class Carrying:
    """A `chaos run` that goes on."""

    process: Process
    journal: Path

    def end(self) -> Outcome:
        """Wait for its end."""
        code = self.process.popen.wait(ENDS_WITHIN_S)
        journal = json.loads(self.journal.read_text()) if self.journal.exists() else {}
        return Outcome(code, journal, self.process.said())


def environment(running: Stack, **more: str) -> dict[str, str]:
    """Return what a command needs to reach the stack's platform."""
    return {
        "TAGENT_URL": running.url,
        "TAGENT_HOME": str(running.home),
        "TAGENT_TOKEN": running.token("operator"),
        **more,
    }


def begin(running: Stack, content: Mapping[str, Any], **more: str) -> Carrying:
    """Begin to carry an experiment out."""
    number = len(running.processes.started)
    file, journal = running.folder / f"x{number}.json", running.folder / f"journal{number}.json"
    file.write_text(json.dumps(content))
    command = [
        *(BIN / "chaos", "--no-version-check", "--no-log-file", "run"),
        *("--journal-path", journal, file),
    ]
    process = running.processes.start("chaos", command, environment(running, **more))
    return Carrying(process, journal)


def carry_out(running: Stack, content: Mapping[str, Any], **more: str) -> Outcome:
    """Carry an experiment out."""
    return begin(running, content, **more).end()

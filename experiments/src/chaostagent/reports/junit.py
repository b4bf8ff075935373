"""JUnit XML, as CI systems read it: an experiment is a suite, a run a case. Pure."""

from __future__ import annotations

from xml.etree import ElementTree as ET

from chaostagent.reports.words import by_experiment
from chaostagent.running.results import Campaign, Trial, red_line
from tagent_contract.experiments import Verdict

_IS_ERROR = frozenset({Verdict.ERROR, Verdict.ABORTED})


def junit(campaign: Campaign) -> bytes:
    """Return the document. `error` could not be carried out, `failure` is anything else that did not end as it was to."""
    root = ET.Element("testsuites", name="tagent chaos", time=f"{campaign.took_s:.3f}")
    totals = {"tests": 0, "failures": 0, "errors": 0}
    for name, trials in by_experiment(campaign.trials).items():
        suite = ET.SubElement(root, "testsuite", name=name, timestamp=trials[0].started_at)
        suite.set("time", f"{sum(trial.took_s for trial in trials):.3f}")
        counts = {"tests": len(trials), "failures": 0, "errors": 0}
        for trial in trials:
            kind = _case(suite, trial, campaign.dashboard)
            if kind is not None:
                counts[f"{kind}s"] += 1
        for key, value in counts.items():
            suite.set(key, str(value))
            totals[key] += value
    for key, value in totals.items():
        root.set(key, str(value))
    ET.indent(root)
    document: bytes = ET.tostring(root, encoding="utf-8")
    return b'<?xml version="1.0" encoding="utf-8"?>\n' + document + b"\n"


def _case(suite: ET.Element, trial: Trial, dashboard: str | None) -> str | None:
    case = ET.SubElement(suite, "testcase", classname=trial.experiment)
    case.set("name", _clean(f"{trial.title} ({trial.number})"))
    case.set("time", f"{trial.took_s:.3f}")
    properties = ET.SubElement(case, "properties")
    result = trial.result
    for name, value in (
        ("verdict", result.verdict.value),
        ("run", trial.run_id or ""),
        ("injected", str(result.injected)),
        ("mttd_s", " ".join(f"{each:.3f}" for each in result.mttd_s)),
        ("mttr_s", " ".join(f"{each:.3f}" for each in result.mttr_s)),
    ):
        ET.SubElement(properties, "property", name=name, value=value)
    if trial.is_as_wanted:
        return None
    kind = "error" if result.verdict in _IS_ERROR else "failure"
    found = ET.SubElement(
        case, kind, type=result.verdict.value, message=_clean(red_line(trial, dashboard))
    )
    found.text = _clean(
        "\n".join(f"{entry.at} {entry.kind}: {entry.text}" for entry in result.timeline)
    )
    return kind


def _clean(text: str) -> str:
    """Leave out what XML cannot hold."""
    return "".join(
        char
        for char in text
        if char in "\t\n"
        or " " <= char <= "\ud7ff"
        or "\ue000" <= char <= "\ufffd"
        or char > "\uffff"
    )

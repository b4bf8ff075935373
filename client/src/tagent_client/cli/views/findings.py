"""What `doctor` found, as values."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

from tagent_client.cli.views.sheet import Cell, Sheet
from tagent_contract.services import ServiceView

CLOCK_OFFSET_S_MAX = 2.0
Grade = Literal["good", "warn", "bad"]
_WORDS = {"good": "ok", "warn": "look", "bad": "wrong"}


@dataclass(frozen=True, slots=True)
class Finding:
    """One thing that was looked at; `remedy` says what to do unless it is good."""

    subject: str
    grade: Grade
    text: str
    remedy: str = ""


def findings_sheet(findings: Sequence[Finding]) -> Sheet:
    """One row a finding, the remedy beneath."""
    sheet = Sheet(("WHAT", "", "FOUND"), wide=frozenset({"FOUND"}))
    for finding in findings:
        sheet.rows.append(
            (
                Cell(finding.subject, "strong"),
                Cell(_WORDS[finding.grade], finding.grade),
                finding.text,
            )
        )
        if finding.remedy:
            sheet.rows.append(("", "", Cell(f"→ {finding.remedy}", "busy")))
    return sheet


def instance_findings(services: Sequence[ServiceView], version: str) -> list[Finding]:
    """Look at clocks, abilities and versions of every instance."""
    findings: list[Finding] = []
    instances = [(view.name, one) for view in services for one in view.instances]
    for service, one in instances:
        subject = one.name if one.name.startswith(service) else f"{service}/{one.name}"
        if abs(one.clock_offset_s) > CLOCK_OFFSET_S_MAX:
            text = f"its clock is {one.clock_offset_s:+.1f} s off the platform's"
            remedy = "Set both clocks by NTP; times in timelines are corrected, logs are not."
            findings.append(Finding(subject, "warn", text, remedy))
        for kind, why in sorted(one.missing.items()):
            findings.append(Finding(subject, "warn", f"cannot apply {kind}: {why}"))
        if not one.supervised:
            text = "its sidecar is not its parent: it is not restarted when it ends or hangs"
            remedy = (
                "Start it through `tagent attach ... -- CMD`, or leave restarts to what runs it."
            )
            findings.append(Finding(subject, "warn", text, remedy))
        if one.version and one.version != version:
            text = f"its sidecar is version {one.version}, this is {version}"
            findings.append(Finding(subject, "warn", text, "Update the older one."))
    if instances and not findings:
        findings.append(
            Finding("instances", "good", f"{len(instances)} checked: clocks, abilities, versions")
        )
    return findings

"""Writes a campaign's reports into its folder."""

from __future__ import annotations

from pathlib import Path

import msgspec

from chaostagent.reports.junit import junit
from chaostagent.reports.markdown import markdown
from chaostagent.reports.page import page
from chaostagent.running.results import Campaign

RESULTS, JUNIT, SUMMARY, PAGE = "results.json", "junit.xml", "summary.md", "report.html"


def write_reports(folder: Path, campaign: Campaign) -> None:
    """Write results.json, junit.xml, summary.md and report.html. Raises OSError."""
    from plotly.offline import get_plotlyjs

    (folder / RESULTS).write_bytes(msgspec.json.format(msgspec.json.encode(campaign), indent=2))
    (folder / JUNIT).write_bytes(junit(campaign))
    (folder / SUMMARY).write_text(markdown(campaign), encoding="utf-8")
    (folder / PAGE).write_text(page(campaign, get_plotlyjs()), encoding="utf-8")

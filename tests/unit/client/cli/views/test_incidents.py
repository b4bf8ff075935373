"""What is shown of incidents."""

from __future__ import annotations

from tagent_client.cli.views import incidents as views
from tagent_client.cli.views.sheet import text_of
from tagent_contract.incidents import AttemptView, HeldBack, Outcome, Refusal, Remedy
from tests.fakes.shown import NOW, ago, entry, incident


def test_a_row_has_the_two_spans_that_matter() -> None:
    cells = [text_of(cell) for cell in views.incidents_sheet([incident()], NOW).rows[0]]
    assert cells == [
        "i1", "chat-service", "RESOLVED", "critical", "injected", "1 min ago", "0.38 s", "13 s", "it was sick",
    ]  # fmt: skip


def test_the_head_tells_who_has_it_and_what_healing_waits_for() -> None:
    view = incident(
        reopened=2,
        acknowledged_by="anna",
        held_back=HeldBack(reason=Refusal.MODE_CHECK),
        mttr_s=None,
    )
    lines = ["".join(map(text_of, line)) for line in views.incident_lines(view, NOW)]
    assert lines == [
        "chat-service: it was sick (RESOLVED, critical, cause injected)",
        "opened 1 min ago, MTTD 0.38 s, MTTR -",
        "reopened 2 times",
        "acknowledged by anna",
        "healing waits: mode check",
    ]


def test_a_timeline_counts_from_its_first_line() -> None:
    sheet = views.timeline_sheet(
        [entry("armed", 0), entry("first_affected", 0.64), entry("verified", 14.5)]
    )
    assert [[text_of(cell) for cell in row][1:3] for row in sheet.rows] == [
        ["+0.00 s", "armed"],
        ["+0.64 s", "first affected"],
        ["+14.50 s", "verified"],
    ]


def test_an_attempt_says_what_came_of_it() -> None:
    attempt = AttemptView(
        id="a1", number=1, remedy=Remedy.RESTART_INSTANCE, instance=None, decided_at=ago(3), by="healing",
        outcome=Outcome.STILL_SICK,
    )  # fmt: skip
    cells = [text_of(cell) for cell in views.attempts_sheet([attempt]).rows[0]]
    assert cells == ["1", "restart instance", "the service", "healing", "still sick", "-"]


def test_a_line_of_a_timeline_that_is_told_as_it_goes() -> None:
    line = views.timeline_line(entry("roll_out", 0))
    shown = "".join(cell if isinstance(cell, str) else text_of(cell) for cell in line)
    assert "roll out" in shown

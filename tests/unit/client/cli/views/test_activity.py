"""What is shown of events, logs, healing and tokens."""

from __future__ import annotations

import msgspec

from tagent_client.cli.views import activity as views
from tagent_client.cli.views.sheet import text_of
from tagent_contract.events import Event
from tagent_contract.services import HealingDecision, HealingPass, LogEntry, TokenView
from tests.fakes.shown import NOW, ago


def test_an_event_is_one_line_with_who_did_it() -> None:
    event = Event(
        cursor="c", sequence=1, service="", at=ago(0), type="halt.set", text="too much", actor="ben"
    )
    line = "".join(map(text_of, views.event_line(event)))
    assert line.endswith(" tagent halt.set too much (by ben)")


def test_a_log_line_names_its_instance_only_when_asked() -> None:
    entry = LogEntry(at=ago(0), instance="a-1", stream="stdout", level="", text="hello")
    line = "".join(map(text_of, views.log_line(entry, with_instance=True)))
    assert line.endswith(" a-1 stdout  hello")
    assert "a-1" not in "".join(map(text_of, views.log_line(entry, with_instance=False)))


def test_a_decision_says_why_and_until_when() -> None:
    done = HealingPass(
        at=ago(0),
        mode="check",
        decisions=(
            HealingDecision(
                service="a", instance=None, decision="wait", remedy="restart_instance", reason="back_off",
                text="", until=ago(-30),
            ),
        ),
    )  # fmt: skip
    cells = [text_of(cell) for cell in views.decisions_sheet(done, NOW).rows[0]]
    assert cells == ["a", "-", "wait", "restart instance", "back off (30 s left)"]


def test_tokens_are_listed_without_their_secret() -> None:
    token = TokenView(
        id="t1", name="anna", role="viewer", created_at="2026-01-31T09:30:00.125Z", token="secret"
    )
    short = msgspec.structs.replace(token, expires_at="2026-01-31T21:30:00.125Z")
    rows = [[text_of(cell) for cell in row] for row in views.tokens_sheet([token, short]).rows]
    assert rows == [
        ["t1", "anna", "viewer", "-", "2026-01-31 09:30:00", "-"],
        ["t1", "anna", "viewer", "-", "2026-01-31 09:30:00", "2026-01-31 21:30:00"],
    ]

"""What is shown of faults."""

from __future__ import annotations

import pytest

from tagent_client.cli.views import faults as views
from tagent_client.cli.views.sheet import text_of
from tagent_contract.faults import (
    Crash,
    EndReason,
    Error,
    Fault,
    FaultState,
    Latency,
    Scope,
)
from tests.fakes.shown import NOW, ago, fault, target


def said(line: views.Line) -> str:
    return "".join(map(text_of, line))


@pytest.mark.parametrize(
    ("given", "expected"),
    [
        (Latency(), "latency latency_ms=2500 jitter_ms=0"),
        (Error(http_status=503), "error http_status=503"),
        (
            Crash(scope=Scope.SERVICE, probability=0.5),
            "crash probability=0.5 scope=service signal=KILL",
        ),
        (Error(body="x" * 100), f"error http_status=500 body={'x' * 39}…"),
    ],
)
def test_a_fault_is_described_by_its_type_and_what_matters(given: Fault, expected: str) -> None:
    described = views.describe(given)
    assert sorted(described.split()) == sorted(expected.split())
    assert described.split()[0] == expected.split()[0]


def test_an_active_fault_shows_what_is_left_of_it() -> None:
    sheet = views.faults_sheet([fault(injected=7)], NOW)
    assert [text_of(cell) for cell in sheet.rows[0]][3:] == ["ACTIVE", "1 min 55 s", "7", "anna"]


def test_an_ended_fault_shows_why_and_when() -> None:
    ended = fault(state=FaultState.EXPIRED, end_reason=EndReason.TTL, ended_at=ago(30))
    assert text_of(views.faults_sheet([ended], NOW).rows[0][4]) == "ttl, 30 s ago"


def test_a_target_shows_how_it_ended() -> None:
    over = target(
        state=FaultState.CLEARED, ended_at=ago(0), end_reason=EndReason.RESTARTED, passed=3
    )
    cells = [text_of(cell) for cell in views.targets_sheet([over]).rows[0]]
    assert cells[0] == "chat-service-9001"
    assert cells[2:4] == ["-", "-"]
    assert cells[4].endswith(" restarted")
    assert cells[6] == "3"


@pytest.mark.parametrize(
    ("view", "expected"),
    [
        (
            fault(state=FaultState.PENDING),
            "is armed (0 of 1 instance acknowledged it), ends by itself in 1 min 55 s",
        ),
        (
            fault(targets=(target(acked_at=ago(1)),)),
            "is in force on 1 instance, ends by itself in 1 min 55 s",
        ),
        (
            fault(
                state=FaultState.FAILED,
                targets=(target(detail="no child", state=FaultState.FAILED),),
            ),
            "failed: no child",
        ),
        (
            fault(state=FaultState.CLEARED, end_reason=EndReason.RESTARTED),
            "is over already: restarted",
        ),
    ],
)
def test_a_new_fault_says_how_far_it_came(view: object, expected: str) -> None:
    assert said(views.armed_line(view, NOW)).endswith(expected)  # type: ignore[arg-type]


def test_only_a_fault_that_is_not_over_can_be_ended() -> None:
    running, over = fault(id="f1"), fault(id="f1", state=FaultState.CLEARED)
    assert (
        said(views.next_line(running))
        == "tagent faults f1 shows it, tagent clear chat-service ends it now"
    )
    assert said(views.next_line(over)) == "tagent faults f1 shows it"


def test_clearing_says_what_ends() -> None:
    assert said(views.cleared_line([], "chat")) == "chat has no faults to clear"
    assert said(views.cleared_line([fault()], "chat")) == "1 fault on chat ends now: latency"
    assert (
        said(views.cleared_line([fault(), fault()], "chat"))
        == "2 faults on chat end now: latency, latency"
    )

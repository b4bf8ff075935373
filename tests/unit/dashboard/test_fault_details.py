"""One fault in words."""

from __future__ import annotations

from typing import Any

import pytest

from tagent_contract.faults import (
    Bandwidth,
    Corrupt,
    Cpu,
    Crash,
    Down,
    EndReason,
    Error,
    FaultState,
    Latency,
    Match,
    Memory,
    RateLimit,
    Reset,
    fault_type,
)
from tagent_dashboard.views.fault_details import fault_title, past_fault, running_fault
from tests.fakes import shown


@pytest.mark.parametrize(
    ("fault", "title"),
    [
        (Latency(), "Latency 2500 ms"),
        (Latency(jitter_ms=200), "Latency 2500 ms, jitter 200 ms"),
        (Latency(probability=0.25), "Latency 2500 ms, 25 % of requests"),
        (
            Error(http_status=503, match=Match(method="POST", path="/v1/*", headers={"a": "b"})),
            "Error 503, only POST /v1/* a: b",
        ),
        (Error(body="x" * 50, max_count=3), f"Error 500, body {'x' * 39}…, 3 at most"),
        (Bandwidth(), "Bandwidth 64 kB/s"),
        (RateLimit(), "Rate limit quota 10, window 60 s"),
        (Memory(), "Memory 268.4 MB"),
        (Cpu(load_ratio=0.5), "CPU 50 %, workers 1"),
        (Crash(), "Crash KILL"),
        (Corrupt(), "Corrupt 1 %"),
        (Reset(), "Reset"),
        (Down(), "Down"),
    ],
)
def test_the_title_says_what_it_does(fault: Any, title: str) -> None:
    assert fault_title(shown.fault(type=fault_type(fault), fault=fault)) == title


def target_text(**changes: Any) -> Any:
    (found,) = running_fault(shown.fault(targets=(shown.target(**changes),)), shown.NOW).targets
    return found


def test_a_running_fault_says_when_it_ends_and_whose_it_is() -> None:
    fault = shown.fault(fault=Latency(reason="game day", run_id="r1"))
    found = running_fault(fault, shown.NOW)
    assert (found.ends, found.by) == ("ends in 1:55", "anna, run r1: game day")
    over = shown.fault(expires_at=shown.ago(1))
    assert running_fault(over, shown.NOW).ends == "ends now"
    ending = shown.fault(state=FaultState.ENDING)
    assert running_fault(ending, shown.NOW).ends == "ending"


@pytest.mark.parametrize(
    ("changes", "text"),
    [
        ({"injected": 12}, "12 affected"),
        ({"injected": 12, "passed": 4}, "12 affected, 4 let by"),
        ({"state": FaultState.ENDING, "injected": 2}, "ending; 2 affected"),
        (
            {
                "state": FaultState.FAILED,
                "end_reason": EndReason.COULD_NOT_APPLY,
                "detail": "EPERM",
            },
            "0 affected; The sidecar tried and could not; EPERM",
        ),
        ({"state": FaultState.EXPIRED}, "0 affected"),
    ],
)
def test_each_target_says_how_far_it_got(changes: dict[str, Any], text: str) -> None:
    assert target_text(**changes).text == text


@pytest.mark.parametrize(
    ("age_s", "text", "is_late"),
    [
        (2.0, "waiting for its sidecar", False),
        (6.0, "no acknowledgement after 5 s", True),
    ],
)
def test_an_acknowledgement_that_is_missing_is_said(age_s: float, text: str, is_late: bool) -> None:
    pending = shown.target(state=FaultState.PENDING)
    fault = shown.fault(created_at=shown.ago(age_s), targets=(pending,))
    (found,) = running_fault(fault, shown.NOW).targets
    assert (found.text, found.is_late) == (text, is_late)


def test_a_past_fault_says_how_long_it_lasted_and_why_it_ended() -> None:
    fault = shown.fault(
        state=FaultState.CLEARED,
        ended_at=shown.ago(2),
        end_reason=EndReason.CLEARED,
        injected=7,
    )
    found = past_fault(fault, shown.NOW)
    assert (found.lasted, found.why, found.affected) == ("3 s", "Somebody ended it.", "7 affected")
    assert found.began == "22:13:15, 5 s ago"

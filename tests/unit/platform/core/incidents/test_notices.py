"""What somebody outside is told."""

from __future__ import annotations

import json

import msgspec

from tagent_contract.events import EventType
from tagent_contract.incidents import Refusal
from tagent_platform.core.incidents.notices import TEXT_MAX, notice_of
from tagent_platform.core.incidents.steps import Step, escalate, resolve
from tests.fakes.clinic import NOW, incident


def test_an_escalation_names_the_service_the_reason_and_the_incident() -> None:
    step = escalate(Step(incident()), Refusal.GAVE_UP, "chat-1 keeps exiting", "chat-1", NOW)
    message = json.loads(notice_of(step.incident, step.happenings[-1], "d1"))
    assert message["id"] == "d1"
    assert message["type"] == "incident.escalated"
    assert message["at"] == "1970-01-01T02:46:40.000Z"
    assert message["text"] == "chat needs a person: chat-1 keeps exiting [error, incident i1]"
    assert message["incident"]["state"] == "ESCALATED"
    assert message["incident"]["held_back"]["reason"] == "gave_up"


def test_a_resolution_says_so() -> None:
    step = resolve(Step(incident()), "chat recovered by itself", NOW)
    message = json.loads(notice_of(step.incident, step.happenings[-1], "d1"))
    assert message["text"].startswith("chat is resolved: chat recovered by itself")


def test_the_fleet_is_named_where_no_service_is() -> None:
    whole = msgspec.structs.replace(incident(), service="")
    step = escalate(Step(whole), Refusal.STORM, "many", None, NOW)
    assert step.happenings[-1].type is EventType.INCIDENT_ESCALATED
    message = json.loads(notice_of(step.incident, step.happenings[-1], "d1"))
    assert message["text"].startswith("the fleet needs a person")


def test_what_comes_from_outside_calls_nobody_and_links_nowhere() -> None:
    step = escalate(Step(incident()), Refusal.GAVE_UP, "<!channel> & <https://x|y>", None, NOW)
    text = json.loads(notice_of(step.incident, step.happenings[-1], "d1"))["text"]
    assert "<" not in text
    assert "&lt;!channel&gt; &amp; " in text


def test_a_text_is_bounded() -> None:
    step = escalate(Step(incident()), Refusal.GAVE_UP, "x" * 10_000, None, NOW)
    text = json.loads(notice_of(step.incident, step.happenings[-1], "d1"))["text"]
    assert len(text) == TEXT_MAX

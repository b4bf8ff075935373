"""What a fault would hit is said before it is injected."""

from __future__ import annotations

from typing import Any

import pytest

from tagent_contract.faults import FaultState, Latency, Match
from tagent_contract.health import Health
from tagent_contract.policy import Mode
from tagent_contract.services import Figures, Halt, Maintenance, ServiceView
from tagent_dashboard.live.snapshot import Snapshot
from tagent_dashboard.views.blast_radius import (
    BlastRadius,
    blast_radius,
    impossible,
    reach_of,
)
from tests.fakes import shown


def chat(*healths: Health, **changes: Any) -> ServiceView:
    """Return a service with an instance of each health: chat-1, chat-2 ..."""
    instances = tuple(
        shown.instance(
            name=f"chat-{number}",
            health=health,
            capabilities=("latency", "error"),
            missing={"crash": "it is no child of the sidecar"},
            figures=Figures(requests_per_s=2.0),
        )
        for number, health in enumerate(healths or (Health.HEALTHY,), 1)
    )
    return shown.service("chat", instances=instances, **changes)


def radius_of(
    *services: ServiceView, wanted: list[str] | None = None, known: Any = None, **fault: Any
) -> BlastRadius:
    asked = {"type": "latency", "ttl_s": 120, "healing": "act", **fault}
    snapshot = Snapshot(services=services, **(known or {}))
    reaches = [reach_of(service, asked["type"], wanted) for service in services]
    return blast_radius(asked, reaches, snapshot, shown.NOW)


@pytest.mark.parametrize(
    ("healths", "wanted", "said"),
    [
        ((Health.HEALTHY,), None, "chat: its only instance, chat-1"),
        ((Health.HEALTHY,) * 2, None, "chat: all 2 instances, chat-1, chat-2"),
        ((Health.HEALTHY,) * 3, ["chat-2"], "chat: 1 of 3 instances, chat-2"),
        ((Health.HEALTHY, Health.OFFLINE), None, "chat: its only instance, chat-1"),
        ((Health.OFFLINE,), None, "chat: no instance"),
        (
            (Health.HEALTHY,) * 8,
            None,
            "chat: all 8 instances, chat-1, chat-2, chat-3, chat-4, chat-5, chat-6 and 2 more",
        ),
    ],
)
def test_the_instances_are_named(
    healths: tuple[Health, ...], wanted: list[str] | None, said: str
) -> None:
    assert radius_of(chat(*healths), wanted=wanted).hits == (said,)


@pytest.mark.parametrize(
    ("fault", "said"),
    [
        ({}, "Every request (of 2.0 a second)"),
        ({"probability": 0.25}, "25 % of requests (of 2.0 a second)"),
        (
            {"match": {"method": "POST", "path": "/v1/*", "headers": {"x-tenant": "test"}}},
            "Every request that matches POST /v1/* x-tenant: test (of 2.0 a second)",
        ),
        ({"max_count": 5}, "Every request, 5 at most (of 2.0 a second)"),
        ({"type": "crash"}, "The process itself, and with it every request"),
    ],
)
def test_the_share_of_requests_is_said(fault: dict[str, Any], said: str) -> None:
    assert radius_of(chat(), **fault).share == said


def test_a_service_that_nobody_calls_is_said_to_be_so() -> None:
    idle = shown.service("chat", instances=(shown.instance(),))
    assert radius_of(idle).share == "Every request (there are none now)"


def test_the_time_is_said() -> None:
    assert radius_of(chat()).lasts == "For 2 min at most, until 22:15:20 UTC"


@pytest.mark.parametrize(
    ("fault", "mode", "said"),
    [
        ({}, Mode.HEAL, "Should it become UNHEALTHY, healing restarts it"),
        ({"scope": "service"}, Mode.HEAL, "A restart does not cure it"),
        ({"healing": "observe"}, Mode.HEAL, "nothing is done until you press Recover"),
        ({"healing": "suppress"}, Mode.HEAL, "No incident opens"),
        ({"type": "crash"}, Mode.HEAL, "The sidecar starts the process again at once"),
        ({"type": "crash"}, Mode.CHECK, "Healing will not act: the mode of chat is check"),
        ({}, Mode.OFF, "Healing will not act: the mode of chat is off"),
    ],
)
def test_what_healing_will_do_is_said(fault: dict[str, Any], mode: Mode, said: str) -> None:
    assert said in radius_of(chat(mode=mode), **fault).healing


def test_it_warns_of_leaving_nothing_healthy() -> None:
    said = "No healthy instance of chat is left untouched"
    assert said in radius_of(chat()).warnings
    assert said in radius_of(chat(Health.HEALTHY, Health.UNHEALTHY), wanted=["chat-1"]).warnings
    assert said not in radius_of(chat(*[Health.HEALTHY] * 2), wanted=["chat-1"]).warnings


def test_it_warns_of_a_service_that_is_sick_already() -> None:
    sick = chat(health=Health.DEGRADED, detail="p95 2512 ms over the limit of 1000 ms")
    assert (
        radius_of(sick).warnings[0]
        == "chat is DEGRADED already: p95 2512 ms over the limit of 1000 ms"
    )


def test_it_warns_of_other_faults() -> None:
    faults = (
        shown.fault(service="chat", type="error"),
        shown.fault(service="elsewhere"),
        shown.fault(service="elsewhere", id="f2"),
    )
    warnings = radius_of(chat(), known={"faults": faults}).warnings
    assert "Already under a fault: error on chat; different types add up" in warnings
    assert "2 other faults are active elsewhere" in warnings


def test_an_instance_that_cannot_take_it_is_left_out_with_its_reason() -> None:
    both = chat(Health.HEALTHY, Health.HEALTHY)
    odd = shown.instance(name="chat-3", capabilities=("crash",))
    service = shown.service("chat", instances=(*both.instances, odd))
    assert reach_of(service, "latency", None).instances == ("chat-1", "chat-2")
    radius = radius_of(service)
    assert "chat cannot take it on chat-3: its sidecar does not know this fault" in radius.warnings
    assert radius.hits == ("chat: 2 of 3 instances, chat-1, chat-2",)


def test_a_type_is_impossible_when_no_instance_can_take_it() -> None:
    found = impossible(["latency", "crash", "hang"], [chat()])
    assert found == {
        "crash": ("chat-1: it is no child of the sidecar",),
        "hang": ("chat-1: its sidecar does not know this fault",),
    }
    assert impossible(["latency"], [chat(Health.OFFLINE)]) == {}


@pytest.mark.parametrize(
    ("service", "known", "said"),
    [
        (
            chat(),
            {"halt": Halt(halted=True, reason="smoke in the room")},
            "All faults are halted: smoke in the room. Release the halt first",
        ),
        (
            chat(maintenance=Maintenance(reason="upgrade", until=shown.ago(-60), by="anna")),
            {},
            "chat is in maintenance until 22:14:20 UTC: upgrade",
        ),
        (chat(Health.OFFLINE), {}, "chat has no live instance that can take latency"),
    ],
)
def test_what_the_platform_will_refuse_is_said(
    service: ServiceView, known: dict[str, Any], said: str
) -> None:
    assert radius_of(service, known=known).refusals == (said,)


def active(**changes: Any) -> dict[str, Any]:
    return {
        "faults": (
            shown.fault(service="chat", targets=(shown.target(instance="chat-1"),), **changes),
        )
    }


def test_the_same_type_and_match_again_will_be_refused() -> None:
    (said,) = radius_of(chat(), known=active()).refusals
    assert said == "latency acts on chat already, until 22:15:15 UTC"
    narrow = active(fault=Latency(match=Match(path="/v1/*")))
    assert radius_of(chat(), known=narrow).refusals == ()
    assert radius_of(chat(), known=narrow, match={"path": "/v1/*"}).refusals != ()


def test_a_fault_that_ended_there_is_no_obstacle() -> None:
    ended = {
        "faults": (
            shown.fault(
                service="chat",
                targets=(
                    shown.target(instance="chat-1", state=FaultState.CLEARED),
                    shown.target(instance="chat-2"),
                ),
            ),
        )
    }
    two = chat(Health.HEALTHY, Health.HEALTHY)
    assert radius_of(two, wanted=["chat-1"], known=ended).refusals == ()
    assert radius_of(two, known=ended).refusals != ()

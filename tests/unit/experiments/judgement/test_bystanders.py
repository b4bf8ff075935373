"""Who suffers that should not."""

from __future__ import annotations

from typing import Any

from msgspec.structs import replace

from chaostagent.judgement.bystanders import complaint_about, passed_limit, suffering, to_watch
from tagent_contract.faults import FaultState
from tagent_contract.health import Health, HealthReason
from tagent_contract.incidents import IncidentState, Severity
from tagent_contract.policy import Mode
from tagent_contract.services import FaultBrief, Figures, IncidentBrief, ServiceView


def service(name: str, health: Health = Health.HEALTHY, **figures: Any) -> ServiceView:
    return ServiceView(
        name=name,
        health=health,
        since="",
        reason=HealthReason.HEALTHY,
        detail="",
        mode=Mode.HEAL,
        instances=(),
        faults=(),
        incident=None,
        figures=Figures(**figures),
    )


def test_well_is_healthy_without_a_fault_and_an_incident() -> None:
    assert complaint_about(service("chat")) == ""
    assert complaint_about(service("chat", Health.DEGRADED)) == "chat is DEGRADED (healthy)"
    fault = FaultBrief(
        id="f1",
        type="error",
        state=FaultState.ENDING,
        expires_at="2026-01-31T09:30:00.125Z",
        injected=3,
    )
    assert complaint_about(replace(service("chat"), faults=(fault,))) == "chat has a fault, error"
    incident = IncidentBrief(
        id="i1",
        state=IncidentState.VERIFYING,
        severity=Severity.ERROR,
        summary="it was sick",
        opened_at="2026-01-31T09:30:00.125Z",
    )
    said = complaint_about(replace(service("chat"), incident=incident))
    assert said == "chat has an incident that is VERIFYING"


def test_a_service_that_was_well_and_is_no_target_suffers() -> None:
    now = [service("chat", Health.UNHEALTHY), service("shop", Health.OFFLINE)]
    assert "shop" in suffering(now, {"chat", "shop"}, {"chat"})
    assert suffering(now, {"chat", "shop"}, {"chat", "shop"}) == ""


def test_one_that_was_sick_before_is_watched_once_it_is_well() -> None:
    before = [service("chat"), service("shop", Health.UNHEALTHY), service("old", Health.DEGRADED)]
    watched = to_watch(before, (), ())
    assert watched == {"chat", "old"}
    assert suffering([service("shop", Health.UNHEALTHY)], watched, ()) == ""
    assert to_watch([service("shop")], watched, ()) == {"shop"}


def test_what_another_run_made_sick_is_not_watched_until_it_is_well_again() -> None:
    sick, fine = [service("shop", Health.UNHEALTHY)], [service("shop")]
    watched = to_watch(fine, (), {"shop"})
    assert watched == frozenset()
    # The other run has ended, and what it broke is not well yet.
    assert suffering(sick, watched, ()) == ""
    assert to_watch(sick, watched, ()) == frozenset()
    watched = to_watch(fine, watched, ())
    assert "shop" in suffering(sick, watched, ())


def test_one_that_is_being_healed_suffers() -> None:
    assert "became RECOVERING" in suffering([service("shop", Health.RECOVERING)], {"shop"}, ())


def test_degraded_is_not_suffering() -> None:
    assert suffering([service("shop", Health.DEGRADED)], {"shop"}, ()) == ""


def test_a_figure_over_its_limit_is_named_and_an_unknown_one_passes_none() -> None:
    now = [service("chat", error_ratio=0.9), service("shop", error_ratio=1.0)]
    said = passed_limit(now, {"chat"}, {"error_ratio": 0.5})
    assert said == "error_ratio of chat is 0.9, over the limit of 0.5"
    assert passed_limit([service("chat")], {"chat"}, {"error_ratio": 0.5}) == ""
    assert passed_limit(now, {"chat"}, {}) == ""

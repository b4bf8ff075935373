"""The fleet's order, its counts, and who gets a card."""

from __future__ import annotations

from typing import Any

from tagent_contract.health import Health, HealthReason
from tagent_contract.incidents import IncidentState
from tagent_contract.services import ServiceView
from tagent_dashboard.live.snapshot import Snapshot
from tagent_dashboard.views.fleet import (
    CARDS_MAX,
    Entry,
    bad_count,
    cards,
    counts,
    fleet_entries,
    matching,
    names_text,
    worst_first,
)
from tests.fakes import shown


def fleet(*services: ServiceView, **changes: Any) -> Snapshot:
    return Snapshot(taken_at=shown.NOW, services=services, **changes)


def names(entries: tuple[Entry, ...]) -> list[str]:
    return [entry.service.name for entry in entries]


def sick(name: str, health: Health = Health.UNHEALTHY) -> ServiceView:
    return shown.service(name, health=health, reason=HealthReason.EXITED)


def test_what_is_not_well_is_counted_and_what_is_not_known_is_not() -> None:
    services = [sick(health, health) for health in Health]

    assert bad_count(fleet(*services)) == 4
    assert counts(fleet(*services, shown.service("more"))) == (
        (Health.UNHEALTHY, 1),
        (Health.OFFLINE, 1),
        (Health.DEGRADED, 1),
        (Health.RECOVERING, 1),
        (Health.UNKNOWN, 1),
        (Health.HEALTHY, 2),
    )


def test_entries_are_in_the_order_of_their_names() -> None:
    snapshot = fleet(shown.service("b"), sick("c"), shown.service("a"))
    assert names(fleet_entries(snapshot)) == ["a", "b", "c"]


def test_an_entry_holds_all_that_is_told_of_its_service() -> None:
    snapshot = fleet(
        shown.service("a"),
        faults=(shown.fault(service="a"), shown.fault(id="f2", service="other")),
        incidents=(shown.incident(service="a", state=IncidentState.OPEN),),
        healed=(shown.incident(id="i2", service="a"),),
    )
    entry = fleet_entries(snapshot)[0]

    assert [fault.id for fault in entry.faults] == ["f1"]
    assert entry.incident is not None
    assert entry.incident.id == "i1"
    assert entry.healed is not None
    assert entry.healed.id == "i2"


def test_the_worst_comes_first() -> None:
    snapshot = fleet(
        shown.service("well"),
        shown.service("just-healed"),
        shown.service("with-fault"),
        shown.service("verifying"),
        sick("not-known", Health.UNKNOWN),
        sick("recovering", Health.RECOVERING),
        sick("degraded", Health.DEGRADED),
        sick("degraded-with-incident", Health.DEGRADED),
        sick("needs-a-person", Health.DEGRADED),
        sick("offline", Health.OFFLINE),
        sick("unhealthy"),
        incidents=(
            shown.incident(service="needs-a-person", state=IncidentState.ESCALATED),
            shown.incident(service="degraded-with-incident", state=IncidentState.OPEN),
            shown.incident(service="verifying", state=IncidentState.VERIFYING),
        ),
        healed=(shown.incident(service="just-healed"),),
        faults=(shown.fault(service="with-fault"),),
    )
    assert names(worst_first(fleet_entries(snapshot))) == [
        "needs-a-person",
        "unhealthy",
        "offline",
        "degraded-with-incident",
        "degraded",
        "recovering",
        "not-known",
        "verifying",
        "with-fault",
        "just-healed",
        "well",
    ]


def test_a_small_fleet_has_a_card_for_each() -> None:
    snapshot = fleet(*(shown.service(f"s{n:02d}") for n in range(CARDS_MAX - 1)), sick("z"))
    chosen, more = cards(fleet_entries(snapshot))

    assert len(chosen) == CARDS_MAX
    assert names(chosen)[0] == "z"
    assert more == 0


def test_a_large_fleet_has_cards_for_exceptions_alone() -> None:
    at_rest = shown.service("at-rest", health=Health.UNKNOWN, reason=HealthReason.NO_INSTANCES)
    starting = shown.service("starting", health=Health.UNKNOWN, reason=HealthReason.STARTING)
    well = [shown.service(f"s{n:02d}") for n in range(CARDS_MAX)]
    snapshot = fleet(
        *well,
        at_rest,
        starting,
        sick("sick"),
        healed=(shown.incident(service="s01"),),
        faults=(shown.fault(service="s02"),),
        incidents=(shown.incident(service="s03", state=IncidentState.VERIFYING),),
    )
    chosen, more = cards(fleet_entries(snapshot))

    assert names(chosen) == ["sick", "starting", "s03", "s02", "s01"]
    assert more == 0


def test_more_exceptions_than_cards_are_counted() -> None:
    snapshot = fleet(*(sick(f"s{n:02d}") for n in range(CARDS_MAX + 3)))
    chosen, more = cards(fleet_entries(snapshot))

    assert len(chosen) == CARDS_MAX
    assert more == 3


def test_a_search_finds_names_reasons_and_faults_and_needs_every_word() -> None:
    snapshot = fleet(
        shown.service("payments-eu"),
        shown.service("payments-us"),
        sick("cart"),
        faults=(shown.fault(service="payments-us", type="rate_limit"),),
    )
    entries = fleet_entries(snapshot)

    assert names(matching(entries, "PAYMENTS", ())) == ["payments-eu", "payments-us"]
    assert names(matching(entries, "payments rate", ())) == ["payments-us"]
    assert names(matching(entries, "exited", ())) == ["cart"]
    assert names(matching(entries, "nothing like it", ())) == []
    assert names(matching(entries, "  ", ())) == ["cart", "payments-eu", "payments-us"]


def test_a_filter_by_state_and_a_search_hold_together() -> None:
    snapshot = fleet(shown.service("a-1"), sick("a-2"), sick("b", Health.OFFLINE))
    entries = fleet_entries(snapshot)

    assert names(matching(entries, "", [Health.UNHEALTHY, Health.OFFLINE])) == ["a-2", "b"]
    assert names(matching(entries, "a-", [Health.UNHEALTHY])) == ["a-2"]


def test_many_names_are_cut_and_counted() -> None:
    assert names_text(["a", "b"]) == "a, b"
    assert names_text(["a", "b", "c", "d", "e", "f"]) == "a, b, c, d and 2 more"

"""What a card says of a service, and of each of its faults from asked to ended."""

from __future__ import annotations

from tagent_contract.faults import FaultState
from tagent_contract.services import Figures
from tagent_dashboard.live.snapshot import Snapshot
from tagent_dashboard.views.cards import Figure, card, fault_lines, figures
from tagent_dashboard.views.fleet import fleet_entries
from tests.fakes import shown
from tests.fakes.shown import NOW


def test_a_card_says_who_how_since_when_and_what_is_broken() -> None:
    snapshot = Snapshot(
        taken_at=NOW,
        services=(shown.service("a", since=shown.ago(75)),),
        faults=(shown.fault(service="a"),),
    )
    shown_card = card(fleet_entries(snapshot)[0], NOW)

    assert shown_card.name == "a"
    assert shown_card.since == "since 22:12:05, 1 min 15 s ago"
    assert shown_card.why == "latency injected, nothing affected yet"
    assert [line.text for line in shown_card.faults] == ["active, ends in 1:55, 0 affected"]


def test_a_card_of_old_data_is_grey() -> None:
    entry = fleet_entries(Snapshot(taken_at=NOW, services=(shown.service("a"),)))[0]

    assert card(entry, NOW).look.colour == "green"
    assert card(entry, NOW, is_live=False).look.colour == "gray"


def test_figures_are_of_requests() -> None:
    latest = Figures(requests_per_s=12.34, error_ratio=0.042, first_byte_p95_ms=103.4)
    assert figures(shown.service(figures=latest)) == (
        Figure("103 ms", "p95"),
        Figure("4.2 %", "errors"),
        Figure("12.3", "requests/s"),
    )


def test_figures_are_of_the_checks_while_there_are_no_requests() -> None:
    idle = shown.service(figures=Figures(check_latency_ms=3.2))
    assert figures(idle) == (Figure("3.2 ms", "checks"), Figure("no", "requests"))
    assert figures(shown.service())[0] == Figure("\N{EN DASH}", "checks")


def test_a_fault_is_pending_until_its_sidecar_answers_and_late_after_five_seconds() -> None:
    fault = shown.fault(state=FaultState.PENDING, created_at=shown.ago(0))

    early, late = (fault_lines([fault], NOW + after_s)[0] for after_s in (4.9, 5.1))
    assert (early.text, early.is_late) == ("pending, waiting for the sidecar", False)
    assert (late.text, late.is_late) == ("pending, no acknowledgement after 5 s", True)


def test_a_fault_counts_down_and_counts_what_it_hit() -> None:
    fault = shown.fault(expires_at=shown.ago(-65), injected=7)
    texts = [fault_lines([fault], NOW + after_s)[0].text for after_s in (0, 64, 65, 70)]
    assert texts == [
        "active, ends in 1:05, 7 affected",
        "active, ends in 0:01, 7 affected",
        "active, ends now, 7 affected",
        "active, ends now, 7 affected",
    ]


def test_a_fault_that_ends_waits_for_its_sidecar() -> None:
    assert fault_lines([shown.fault(state=FaultState.ENDING)], NOW)[0].text == (
        "ending, waiting for the sidecar"
    )


def test_a_fault_on_several_instances_says_on_how_many() -> None:
    targets = (
        shown.target(instance="a-1"),
        shown.target(instance="a-2", state=FaultState.PENDING),
        shown.target(instance="a-3", state=FaultState.PENDING),
    )
    pending = shown.fault(state=FaultState.PENDING, targets=targets)
    active = shown.fault(targets=targets[:2])
    ending = shown.fault(
        state=FaultState.ENDING, targets=(shown.target(state=FaultState.ENDING), targets[0])
    )

    texts = [line.text for line in fault_lines([pending, active, ending], NOW)]
    assert "pending on 2 of 3 instances, waiting for the sidecar" in texts
    assert "active on 1 of 2 instances, ends in 1:55, 0 affected" in texts
    assert "ending on 1 of 2 instances, waiting for the sidecar" in texts


def test_the_fault_that_ends_first_is_at_the_top() -> None:
    faults = [
        shown.fault(id="late", type="cpu", expires_at=shown.ago(-100)),
        shown.fault(id="soon", type="error", expires_at=shown.ago(-10)),
    ]
    assert [line.type for line in fault_lines(faults, NOW)] == ["error", "cpu"]

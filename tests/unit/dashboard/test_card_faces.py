"""What the browser is told to draw of a card: text as it is, and names of icons and colours."""

from __future__ import annotations

from tagent_contract.faults import FaultState, FaultView
from tagent_contract.health import Health, HealthReason
from tagent_contract.services import ServiceView
from tagent_dashboard.live.snapshot import Snapshot
from tagent_dashboard.views.card_faces import Face, face
from tagent_dashboard.views.cards import card
from tagent_dashboard.views.fleet import fleet_entries
from tests.fakes import shown
from tests.fakes.shown import NOW

MARKUP = '<img src=x onerror="alert(1)"> **bold** :red[x]'


def face_of(service: ServiceView, *faults: FaultView, latencies_ms: tuple[float, ...] = ()) -> Face:
    snapshot = Snapshot(taken_at=NOW, services=(service,), faults=faults)
    return face(card(fleet_entries(snapshot)[0], NOW), latencies_ms, "15m")


def test_health_is_a_word_an_icon_and_a_colour() -> None:
    sick = face_of(shown.service(health=Health.UNHEALTHY, reason=HealthReason.EXITED))
    assert (sick.health, sick.icon, sick.colour) == ("UNHEALTHY", "error", "red")


def test_markup_is_told_as_it_is_since_nothing_reads_it() -> None:
    sick = shown.service(MARKUP, health=Health.UNHEALTHY, reason=HealthReason.EXITED, detail=MARKUP)
    drawn = face_of(sick)

    assert drawn.service == drawn.name == MARKUP
    assert MARKUP in drawn.why


def test_what_turns_the_writing_round_is_written_out_and_the_name_stays_what_a_click_brings_back() -> (
    None
):
    drawn = face_of(shown.service("pay\u202eme"))
    assert drawn.name == "pay\\u202eme"
    assert drawn.service == "pay\u202eme"


def test_a_fault_that_nobody_acknowledges_is_late_in_its_colour_too() -> None:
    late = shown.fault(service="a", type="cpu", state=FaultState.PENDING, created_at=shown.ago(6))
    line = face_of(shown.service("a"), late).faults[0]
    assert (line.type, line.is_late, line.colour) == ("cpu", True, "orange")


def test_a_line_needs_two_points_and_says_what_it_shows() -> None:
    assert face_of(shown.service(), latencies_ms=(7.0,)).trend is None

    trend = face_of(shown.service("a"), latencies_ms=(10.0, 250.4)).trend
    assert trend is not None
    assert trend.points == (10.0, 250.4)
    assert trend.description == "latency of a over 15m, from 10 to 250 ms"

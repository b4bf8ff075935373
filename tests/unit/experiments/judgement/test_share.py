"""What of an incident is a run's."""

from __future__ import annotations

from msgspec.structs import replace

from chaostagent.judgement.share import share_of_run
from tagent_contract.incidents import IncidentView, TimelineEntry
from tests.unit.experiments.evidence import attempt, incident

BEFORE, SINCE = "2026-01-01T00:00:00.000Z", "2026-01-01T00:10:00.000Z"
BACK, OVER = "2026-01-01T00:11:00.000Z", "2026-01-01T00:11:12.500Z"


def at(moment: str, kind: str) -> TimelineEntry:
    return TimelineEntry(at=moment, kind=kind, text=kind)


def came_back(**changes: object) -> IncidentView:
    whole = incident(
        opened_at=BEFORE,
        detected_at=BEFORE,
        first_affected_at=BEFORE,
        resolved_at=OVER,
        reopened=1,
        reopened_at=BACK,
        attempts=(attempt(decided_at=BEFORE), attempt(id="a2", decided_at=BACK)),
        timeline=(at(BEFORE, "detected"), at(BACK, "reopened"), at(OVER, "resolved")),
        mttd_s=1.0,
        mttr_s=672.5,
    )
    return replace(whole, **changes)


def test_one_that_was_opened_in_the_run_is_its_own() -> None:
    own = incident(opened_at=BACK)
    assert share_of_run(own, SINCE) is own


def test_one_from_before_is_not() -> None:
    assert share_of_run(incident(opened_at=BEFORE), SINCE) is None
    assert share_of_run(came_back(reopened_at=BEFORE), SINCE) is None


def test_of_one_that_came_back_only_what_was_since_counts() -> None:
    share = share_of_run(came_back(), SINCE)
    assert share is not None
    assert (share.opened_at, share.detected_at, share.mttd_s) == (BACK, BACK, None)
    assert share.mttr_s == 12.5
    assert [each.id for each in share.attempts] == ["a2"]
    assert [each.kind for each in share.timeline] == ["reopened", "resolved"]


def test_one_that_is_not_over_or_was_closed_by_a_person_has_no_mttr() -> None:
    for changes in ({"resolved_at": None, "mttr_s": None}, {"mttr_s": None}):
        share = share_of_run(came_back(**changes), SINCE)
        assert share is not None
        assert share.mttr_s is None

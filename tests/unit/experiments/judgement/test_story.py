"""One timeline out of several."""

from __future__ import annotations

from chaostagent.judgement.story import ENTRIES_MAX, timeline_of
from tagent_contract.incidents import TimelineEntry
from tests.unit.experiments.evidence import fault, incident


def entry(second: int, kind: str) -> TimelineEntry:
    return TimelineEntry(at=f"2026-01-01T00:00:{second:02}.000Z", kind=kind, text=kind)


def test_each_entry_is_there_once_in_the_order_of_time() -> None:
    detected, ended = entry(2, "detected"), entry(5, "ended")
    found = timeline_of(
        [fault(timeline=(entry(1, "armed"), detected, ended))],
        [incident(timeline=(detected, entry(3, "decided")))],
    )
    assert [each.kind for each in found] == ["armed", "detected", "decided", "ended"]


def test_what_happened_at_once_keeps_its_order() -> None:
    both = (entry(1, "b"), entry(1, "a"))
    assert timeline_of([fault(timeline=both)], []) == both


def test_it_is_bounded() -> None:
    many = tuple(entry(0, str(number)) for number in range(ENTRIES_MAX + 5))
    assert len(timeline_of([fault(timeline=many)], [])) == ENTRIES_MAX

from __future__ import annotations

import pytest

from tagent_platform.core.leadership import may_lead, next_term
from tagent_platform.core.records import LeaderRecord

OTHER = LeaderRecord(term=3, holder="b", since=100.0)
MINE = LeaderRecord(term=3, holder="a", since=100.0)
FREED = LeaderRecord(term=3, holder="", since=100.0)


@pytest.mark.parametrize(
    ("leader", "silent_s", "may"),
    [
        (None, 0.0, True),
        (FREED, 0.0, True),
        (OTHER, 14.9, False),
        (OTHER, 15.0, True),
        # Who has the lead already need not take it, however little it hears of itself.
        (MINE, 99.0, False),
    ],
)
def test_the_lead_is_taken_when_nobody_has_it_or_its_holder_is_silent(
    leader: LeaderRecord | None, silent_s: float, may: bool
) -> None:
    assert may_lead(leader, "a", silent_s, takeover_after_s=15.0) is may


def test_each_term_has_a_number_of_its_own() -> None:
    assert next_term(None, "a", 200.0) == LeaderRecord(term=1, holder="a", since=200.0)
    assert next_term(OTHER, "a", 200.0) == LeaderRecord(term=4, holder="a", since=200.0)

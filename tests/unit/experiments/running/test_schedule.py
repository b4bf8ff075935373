"""Which runs may begin."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from chaostagent.running.schedule import Job, may_begin


def job(name: str, *targets: str) -> Job:
    return Job(name, frozenset(targets), 1)


A, B, C = job("a", "chat"), job("b", "chat"), job("c", "shop")


def test_two_on_one_service_never_run_at_once() -> None:
    assert may_begin([A, B, C], [], 9) == [A, C]
    assert may_begin([B, C], [A], 9) == [C]


def test_no_more_than_so_many_at_once() -> None:
    assert may_begin([A, C], [], 1) == [A]
    assert may_begin([C], [A], 1) == []


def test_one_that_needs_all_is_not_overtaken_for_ever() -> None:
    everything = job("all", "chat", "shop")
    assert may_begin([everything, C], [A], 9) == []


JOBS = st.lists(
    st.builds(
        Job,
        st.text("abc", min_size=1, max_size=2),
        st.frozensets(st.sampled_from("wxyz"), min_size=1),
        st.integers(1, 3),
    ),
    max_size=8,
)


@given(waiting=JOBS, limit=st.integers(1, 4))
def test_whatever_waits_targets_differ_the_limit_holds_and_the_first_begins(
    waiting: list[Job], limit: int
) -> None:
    begun = may_begin(waiting, [], limit)
    targets = [name for each in begun for name in each.targets]
    assert len(targets) == len(set(targets))
    assert len(begun) <= limit
    assert not waiting or begun[0] == waiting[0]

"""What all who look share is worked out once for each snapshot."""

from __future__ import annotations

import threading

from tagent_dashboard.live.snapshot import Snapshot
from tagent_dashboard.widgets.per_snapshot import PerSnapshot


def test_it_is_worked_out_once_for_each_snapshot() -> None:
    seen: list[Snapshot] = []

    def work_out(snapshot: Snapshot) -> float:
        seen.append(snapshot)
        return snapshot.taken_at

    shared = PerSnapshot(work_out)
    first, second = Snapshot(taken_at=1.0), Snapshot(taken_at=2.0)

    assert [shared.of(it) for it in (first, first, second, second)] == [1.0, 1.0, 2.0, 2.0]
    assert seen == [first, second]


def test_an_equal_snapshot_is_another_one() -> None:
    shared = PerSnapshot(lambda snapshot: object())
    assert shared.of(Snapshot(taken_at=1.0)) is not shared.of(Snapshot(taken_at=1.0))


def test_many_who_ask_at_once_wait_for_one_to_work_it_out() -> None:
    begun = threading.Event()
    may_end = threading.Event()
    worked_out = 0

    def work_out(snapshot: Snapshot) -> int:
        nonlocal worked_out
        worked_out += 1
        begun.set()
        assert may_end.wait(30)
        return worked_out

    shared, snapshot = PerSnapshot(work_out), Snapshot(taken_at=1.0)
    found: list[int] = []
    threads = [threading.Thread(target=lambda: found.append(shared.of(snapshot))) for _ in range(5)]
    for thread in threads:
        thread.start()
    assert begun.wait(30)
    may_end.set()
    for thread in threads:
        thread.join(30)

    assert found == [1] * 5

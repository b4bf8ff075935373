from __future__ import annotations

from tagent_contract.reports import Window
from tagent_sidecar.telemetry.window_buffer import WindowBuffer


def window(requests: int) -> Window:
    return Window(age_s=0.0, duration_s=5.0, requests=requests)


def test_windows_grow_old_while_they_wait() -> None:
    buffer = WindowBuffer()
    buffer.add(window(1), ended_at=100.0)
    buffer.add(window(2), ended_at=105.0)
    waiting = buffer.oldest(10, now=125.0)
    assert [(item.requests, item.age_s) for item in waiting.windows] == [(1, 25.0), (2, 20.0)]


def test_what_was_sent_is_forgotten_and_nothing_else() -> None:
    buffer = WindowBuffer()
    for number in range(5):
        buffer.add(window(number), ended_at=float(number))
    waiting = buffer.oldest(3, now=10.0)
    buffer.remove_sent(waiting.up_to)
    assert [item.requests for item in buffer.oldest(10, now=10.0).windows] == [3, 4]
    buffer.remove_sent(waiting.up_to)
    assert len(buffer) == 2


def test_the_oldest_makes_room_and_the_next_tells_of_it() -> None:
    buffer = WindowBuffer(windows_max=3)
    for number in range(5):
        buffer.add(window(number), ended_at=float(number))
    windows = buffer.oldest(10, now=10.0).windows
    assert [item.requests for item in windows] == [2, 3, 4]
    assert [item.windows_dropped for item in windows] == [0, 1, 1]
    assert buffer.dropped_total == 2


def test_no_loss_is_forgotten_when_who_told_of_it_is_lost() -> None:
    buffer = WindowBuffer(windows_max=2)
    for number in range(50):
        buffer.add(window(number), ended_at=float(number))
    told = sum(item.windows_dropped for item in buffer.oldest(10, now=60.0).windows)
    assert told == 48 == buffer.dropped_total


def test_windows_that_made_room_while_a_report_was_under_way_are_not_removed_twice() -> None:
    buffer = WindowBuffer(windows_max=3)
    for number in range(3):
        buffer.add(window(number), ended_at=float(number))
    under_way = buffer.oldest(2, now=5.0)
    buffer.add(window(3), ended_at=5.0)
    buffer.remove_sent(under_way.up_to)
    assert [item.requests for item in buffer.oldest(10, now=6.0).windows] == [2, 3]


def test_dropping_counts() -> None:
    buffer = WindowBuffer()
    for number in range(3):
        buffer.add(window(number), ended_at=float(number))
    buffer.drop_up_to(buffer.oldest(2, now=5.0).up_to)
    buffer.add(window(9), ended_at=5.0)
    assert [item.windows_dropped for item in buffer.oldest(10, now=5.0).windows] == [0, 2]

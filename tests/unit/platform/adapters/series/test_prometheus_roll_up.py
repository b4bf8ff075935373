from __future__ import annotations

from tagent_contract.reports import Window
from tagent_platform.adapters.series.prometheus_roll_up import RollUp
from tagent_platform.ports.series import WindowSample

MINUTE = 1_800_000_000.0  # a whole one


def sample(at: float, requests: int = 1, instance: str = "chat-1") -> WindowSample:
    window = Window(age_s=0.0, duration_s=5.0, requests=requests, in_flight=requests)
    return WindowSample("chat", instance, at, window)


def test_the_windows_of_a_minute_are_one_once_it_is_over() -> None:
    roll_up = RollUp(60.0)
    roll_up.add([sample(MINUTE + 5 * n, n) for n in range(1, 13)])
    roll_up.add([sample(MINUTE + 61), sample(MINUTE + 5, 7, "chat-2")])
    assert roll_up.take(MINUTE + 69) == []
    first, second = roll_up.take(MINUTE + 70)
    assert (first.instance, first.at, first.window.requests) == ("chat-2", MINUTE + 5, 7)
    assert (second.at, second.window.duration_s, second.window.requests) == (MINUTE + 60, 60.0, 78)
    assert len(roll_up) == 1


def test_the_order_of_arrival_changes_nothing() -> None:
    there, back = RollUp(60.0), RollUp(60.0)
    samples = [sample(MINUTE + 5 * n, n) for n in range(1, 13)]
    there.add(samples)
    back.add(reversed(samples))
    assert there.take_all() == back.take_all()


def test_what_comes_late_is_a_window_of_its_own() -> None:
    roll_up = RollUp(60.0)
    roll_up.add([sample(MINUTE + 60)])
    assert [one.at for one in roll_up.take(MINUTE + 70)] == [MINUTE + 60]
    roll_up.add([sample(MINUTE + 30), sample(MINUTE + 35)])
    (late,) = roll_up.take(MINUTE + 71)
    assert (late.at, late.window.duration_s) == (MINUTE + 35, 10.0)


def test_what_is_held_can_be_looked_at() -> None:
    roll_up = RollUp(60.0)
    roll_up.add([sample(MINUTE + 5, 3), sample(MINUTE + 10, 4)])
    assert [one.window.requests for one in roll_up.held()] == [7]

from __future__ import annotations

from tagent_contract.reports import RestartCause
from tagent_sidecar.supervisor.exit_log import KEPT_MAX, ExitLog


def test_exits_are_numbered_and_carry_what_followed() -> None:
    log = ExitLog()
    log.exited("1", "signal KILL", RestartCause.EXIT, 10.0)
    log.restarted("2")
    log.answered("2", 10.025)
    log.exited("2", "signal TERM", RestartCause.ORDER, 20.0)
    first, second = log.seen(21.0)
    assert (first.number, first.incarnation, first.status, first.cause) == (
        1,
        "1",
        "signal KILL",
        RestartCause.EXIT,
    )
    assert (first.restarted_as, first.age_s) == ("2", 11.0)
    assert first.back_ms is not None
    assert round(first.back_ms) == 25
    assert (second.number, second.cause, second.restarted_as, second.back_ms) == (
        2,
        RestartCause.ORDER,
        None,
        None,
    )
    assert log.count == 2


def test_a_held_restart_says_for_how_long() -> None:
    log = ExitLog()
    log.exited("1", "exit 1", RestartCause.EXIT, 10.0)
    log.held(40.0)
    assert [exit_.held_until_s for exit_ in log.seen(15.0)] == [25.0]
    assert [exit_.held_until_s for exit_ in log.seen(50.0)] == [0.0]
    log.restarted("2")
    assert [exit_.held_until_s for exit_ in log.seen(15.0)] == [None]


def test_only_the_first_answer_counts() -> None:
    log = ExitLog()
    log.exited("1", "exit 1", RestartCause.EXIT, 10.0)
    log.restarted("2")
    log.answered("2", 11.0)
    log.answered("2", 15.0)
    assert [exit_.back_ms for exit_ in log.seen(20.0)] == [1000.0]


def test_nothing_is_noted_before_the_first_exit() -> None:
    log = ExitLog()
    log.held(1.0)
    log.restarted("1")
    log.answered("1", 1.0)
    assert log.seen(2.0) == ()


def test_the_latest_exits_are_kept_and_numbers_go_on() -> None:
    log = ExitLog()
    for number in range(KEPT_MAX + 3):
        log.exited(str(number), "exit 1", RestartCause.EXIT, float(number))
    seen = log.seen(100.0)
    assert len(seen) == KEPT_MAX
    assert (seen[0].number, seen[-1].number) == (4, KEPT_MAX + 3)

"""When a process that ended is started again."""

from __future__ import annotations

from tagent_client.cli.launch.keeper import restart_delay_s


def test_the_first_end_is_answered_at_once_and_further_ones_ever_later() -> None:
    assert [restart_delay_s(number) for number in range(8)] == [0, 0, 0.5, 1, 2, 4, 8, 16]


def test_the_wait_is_bounded() -> None:
    assert restart_delay_s(10_000) == 30

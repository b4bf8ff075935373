from __future__ import annotations

from random import Random

from tagent_sidecar.platform_link.backoff import Backoff, BackoffSettings


def test_waits_double_up_to_the_longest() -> None:
    backoff = Backoff(BackoffSettings(first_s=1.0, longest_s=8.0), Random(1))
    waits = [backoff.failed() for _ in range(6)]
    for wait_s, whole_s in zip(waits, [1, 2, 4, 8, 8, 8], strict=True):
        assert whole_s / 2 <= wait_s <= whole_s


def test_an_answer_begins_anew() -> None:
    backoff = Backoff(BackoffSettings(first_s=1.0, longest_s=60.0), Random(1))
    for _ in range(5):
        backoff.failed()
    backoff.succeeded()
    assert backoff.failed() <= 1.0


def test_two_sidecars_do_not_come_back_in_step() -> None:
    settings = BackoffSettings()
    assert Backoff(settings, Random(1)).failed() != Backoff(settings, Random(2)).failed()


def test_a_platform_away_for_days_overflows_nothing() -> None:
    backoff = Backoff(BackoffSettings(longest_s=5.0), Random(1))
    assert max(backoff.failed() for _ in range(5000)) <= 5.0

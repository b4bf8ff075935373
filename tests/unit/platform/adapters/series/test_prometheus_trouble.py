from __future__ import annotations

import pytest

from tagent_platform.adapters.series.prometheus_trouble import Trouble


def test_it_is_said_when_it_begins_and_when_it_is_over(caplog: pytest.LogCaptureFixture) -> None:
    trouble = Trouble("it is broken", "it is mended")
    trouble.went_well(0.0)
    for now in range(100):
        trouble.note("refused", float(now))
    trouble.went_well(100.0)
    trouble.went_well(101.0)
    assert caplog.messages == ["it is broken: refused", "it is mended"]


def test_another_reason_is_said_but_not_more_than_once_a_minute(
    caplog: pytest.LogCaptureFixture,
) -> None:
    trouble = Trouble("it is broken", "it is mended")
    for now in range(123):
        trouble.note(f"{now % 2}", float(now))
    assert caplog.messages == ["it is broken: 0", "it is broken: 1", "it is broken: 0"]


def test_what_comes_and_goes_is_one_trouble(caplog: pytest.LogCaptureFixture) -> None:
    trouble = Trouble("it is broken", "it is mended", calm_s=60)
    for now in range(0, 200, 2):
        trouble.note("too old", float(now))
        trouble.went_well(float(now + 1))
    trouble.went_well(300.0)
    assert caplog.messages == ["it is broken: too old", "it is mended"]

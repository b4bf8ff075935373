from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tagent_contract.times import format_time, parse_time


def test_times_are_utc_with_milliseconds() -> None:
    assert format_time(1_769_851_800.125) == "2026-01-31T09:30:00.125Z"


def test_an_offset_is_understood() -> None:
    assert parse_time("2026-01-31T10:30:00.125+01:00") == parse_time("2026-01-31T09:30:00.125Z")


@pytest.mark.parametrize(
    "text", ["", "yesterday", "2026-01-31", "2026-01-31T09:30:00", "2026-13-01T00:00:00Z"]
)
def test_anything_else_is_an_error(text: str) -> None:
    with pytest.raises(ValueError, match=r".+"):
        parse_time(text)


@given(st.integers(min_value=0, max_value=4_000_000_000_000))
def test_a_time_survives_the_wire_to_the_millisecond(milliseconds: int) -> None:
    assert round(parse_time(format_time(milliseconds / 1000)) * 1000) == milliseconds

from __future__ import annotations

from math import ceil

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tagent_sidecar.telemetry.histogram import BUCKETS, bucket_of, percentile_ms, upper_bound_ms


@given(st.integers(2, 10**11))
def test_a_bucket_holds_what_the_contract_says(micros: int) -> None:
    bucket = bucket_of(micros / 1e6 - 1e-9)
    if bucket < BUCKETS - 1:
        assert 2 ** ((bucket - 1) / 8) < micros * (1 + 1e-9)
        assert micros <= 2 ** (bucket / 8) * (1 + 1e-9)


@pytest.mark.parametrize("seconds", [0.0, 1e-9, 9e-7])
def test_next_to_nothing_is_in_the_first_bucket(seconds: float) -> None:
    assert bucket_of(seconds) == 0


def test_what_is_longer_than_all_is_in_the_last_bucket() -> None:
    assert bucket_of(1e12) == BUCKETS - 1


@given(st.floats(0, 1000), st.floats(0, 1000))
def test_longer_is_never_in_a_lower_bucket(one: float, other: float) -> None:
    low, high = sorted((one, other))
    assert bucket_of(low) <= bucket_of(high)


def test_a_percentile_is_at_most_a_bucket_too_high() -> None:
    values = [n / 1000 for n in range(1, 1001)]
    counts: dict[int, int] = {}
    for value in values:
        counts[bucket_of(value)] = counts.get(bucket_of(value), 0) + 1
    for share in (0.5, 0.95, 0.99, 1.0):
        exact_ms = values[ceil(share * 1000) - 1] * 1000
        found = percentile_ms(counts, share)
        assert found is not None
        assert exact_ms <= found <= exact_ms * 1.1


def test_nothing_has_no_percentile() -> None:
    assert percentile_ms({}, 0.95) is None


def test_bounds_grow_by_an_eighth_of_a_doubling() -> None:
    assert upper_bound_ms(80) == 1.024
    assert upper_bound_ms(88) / upper_bound_ms(80) == pytest.approx(2)

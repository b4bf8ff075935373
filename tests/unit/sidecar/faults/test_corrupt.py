from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tagent_contract.faults import Corrupt
from tagent_sidecar.faults.corrupt import Corruption, CorruptRule
from tests.unit.sidecar.faults.strikes import strike


def flipped(data: bytes, ratio: float, seed: int, cuts: list[int]) -> bytes:
    corruption = Corruption(ratio, seed)
    result = bytearray(data)
    for start, end in zip([0, *cuts], [*cuts, len(data)], strict=True):
        corruption.flip(result, start, end)
    return bytes(result)


@given(
    st.binary(max_size=300),
    st.floats(0.001, 1.0),
    st.integers(0, 2**32),
    st.lists(st.integers(0, 300), max_size=6),
)
def test_how_a_body_is_split_makes_no_difference(
    data: bytes, ratio: float, seed: int, cuts: list[int]
) -> None:
    cuts = sorted(min(cut, len(data)) for cut in cuts)
    assert flipped(data, ratio, seed, cuts) == flipped(data, ratio, seed, [])


def test_a_ratio_of_one_changes_every_byte_and_leaves_the_length() -> None:
    data = bytes(range(256))
    changed = flipped(data, 1.0, 5, [])
    assert len(changed) == 256
    assert all(before != after for before, after in zip(data, changed, strict=True))


@pytest.mark.parametrize("ratio", [0.01, 0.1, 0.5])
def test_about_the_share_asked_for_is_flipped(ratio: float) -> None:
    changed = flipped(b"\0" * 100_000, ratio, 11, [])
    assert sum(map(bool, changed)) == pytest.approx(100_000 * ratio, rel=0.1)


def test_a_ratio_next_to_nothing_flips_nothing_and_overflows_nothing() -> None:
    assert flipped(b"\0" * 1000, 5e-324, 1, []) == b"\0" * 1000


def test_each_response_gets_a_seed_of_its_own_from_the_fault_s_chance() -> None:
    rule = CorruptRule("f", Corrupt())
    first, second = rule.effect(strike(seed=1)), rule.effect(strike(seed=2))
    assert first != second
    assert first == rule.effect(strike(seed=1))


def test_a_ratio_of_zero_is_no_effect() -> None:
    assert CorruptRule("f", Corrupt(ratio=0)).effect(strike()) is None

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tagent_sidecar.proxy.body import (
    Body,
    BodyError,
    ChunkedBody,
    EndlessBody,
    LengthBody,
    Ranges,
    body_reader,
)
from tagent_sidecar.proxy.heads import CHUNKED, UNTIL_CLOSE
from tests.unit.sidecar.proxy.conversations import chunked, pieces


def payload_of(body: Body, data: bytes, cuts: list[int]) -> tuple[bytes, int]:
    """Return the payload, and how many bytes belonged to the body."""
    payload, taken = b"", 0
    for piece in pieces(data, cuts):
        ranges: Ranges = []
        end = body.take(piece, 0, ranges)
        payload += b"".join(piece[start:stop] for start, stop in ranges)
        taken += end
        if body.done:
            break
    return payload, taken


@given(chunked(), st.binary(max_size=20), st.lists(st.integers(0, 300), max_size=10))
def test_chunks_end_at_the_same_byte_however_they_are_split(
    data: bytes, behind: bytes, cuts: list[int]
) -> None:
    whole, split = ChunkedBody(strict=True), ChunkedBody(strict=True)
    assert payload_of(split, data + behind, cuts) == payload_of(whole, data + behind, [])
    assert split.done
    assert payload_of(ChunkedBody(strict=True), data + behind, cuts)[1] == len(data)


def test_the_payload_is_what_the_chunks_hold() -> None:
    data = b"4;x=y\r\nwiki\r\nA\r\n0123456789\r\n0\r\nT: v\r\n\r\n"
    assert payload_of(ChunkedBody(strict=True), data, [])[0] == b"wiki0123456789"


@pytest.mark.parametrize(
    "data",
    [
        b"\r\n",
        b"g\r\n",
        b"-1\r\n",
        b"0x1\r\na\r\n",
        b"1 \r\na\r\n",
        b"1\na\r\n",
        b"1;\x00\r\na\r\n",
        b"1\r\nab\r\n",
        b"1\r\na\n0\r\n",
        b"1\r\na\r0",
        b"1" * 16 + b"\r\n",
        b"0\r\nno colon\r\n\r\n",
        b"0\r\n a: folded\r\n\r\n",
        b"1;" + b"a" * 5000,
        b"0\r\n" + b"A: b\r\n" * 5000 + b"\r\n",
    ],
)
def test_rubbish_is_an_error_however_it_is_split(data: bytes) -> None:
    for cuts in ([], list(range(len(data))) if len(data) < 100 else [3, 1000, 4500]):
        with pytest.raises(BodyError):
            payload_of(ChunkedBody(strict=True), data, cuts)


def test_services_may_pad_the_size() -> None:
    assert payload_of(ChunkedBody(strict=False), b"2  \r\nab\r\n0 \r\n\r\n", []) == (b"ab", 15)


@given(st.integers(0, 50), st.binary(max_size=80), st.lists(st.integers(0, 80), max_size=5))
def test_a_length_takes_just_that_many_bytes(length: int, data: bytes, cuts: list[int]) -> None:
    body = LengthBody(length)
    payload, taken = payload_of(body, data, cuts) if length else (b"", 0)
    assert payload == data[:length]
    assert taken == min(length, len(data))
    assert body.done == (len(data) >= length)


def test_an_endless_body_takes_all_and_is_never_done() -> None:
    body = EndlessBody()
    assert payload_of(body, b"abc", [1]) == (b"abc", 3)
    assert not body.done


def test_each_kind_has_its_reader() -> None:
    assert isinstance(body_reader(CHUNKED, strict=True), ChunkedBody)
    assert isinstance(body_reader(UNTIL_CLOSE, strict=True), EndlessBody)
    assert isinstance(body_reader(5, strict=True), LengthBody)
    assert body_reader(0, strict=True).done

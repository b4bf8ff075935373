from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from tagent_sidecar.supervisor.line_splitter import CUT_MARK, LineSplitter


def test_lines_come_without_their_ends() -> None:
    lines = LineSplitter()
    assert lines.feed(b"one\ntwo\r\nthr") == ["one", "two"]
    assert lines.feed(b"ee\n\n") == ["three", ""]
    assert lines.flush() == []


def test_the_last_line_needs_no_end() -> None:
    lines = LineSplitter()
    assert lines.feed(b"unfinished") == []
    assert lines.flush() == ["unfinished"]
    assert lines.flush() == []


def test_a_line_of_a_megabyte_is_cut_and_the_next_is_whole() -> None:
    lines = LineSplitter(line_bytes_max=10)
    told: list[str] = []
    for _ in range(1024):
        told += lines.feed(b"x" * 1024)
    assert told == []
    assert lines.feed(b"yy\nnext\n") == ["x" * 10 + CUT_MARK, "next"]


def test_a_line_of_just_the_limit_is_not_cut() -> None:
    assert LineSplitter(line_bytes_max=4).feed(b"four\n12345\n") == ["four", "1234" + CUT_MARK]


def test_bytes_that_are_no_text_are_replaced() -> None:
    assert LineSplitter().feed(b"a\xff\x00b\n") == ["a�\x00b"]


@given(st.lists(st.binary(max_size=40)))
def test_how_the_bytes_arrive_does_not_matter(pieces: list[bytes]) -> None:
    whole, split = LineSplitter(20), LineSplitter(20)
    expected = whole.feed(b"".join(pieces)) + whole.flush()
    told = [line for piece in pieces for line in split.feed(piece)] + split.flush()
    assert told == expected

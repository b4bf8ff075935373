from __future__ import annotations

import pytest

from tagent_sidecar.proxy.heads import HeadLimits, RefusedError
from tagent_sidecar.proxy.inbox import COMPACT_BYTES, Inbox

GET = b"GET / HTTP/1.1\r\n\r\n"


def test_bytes_leave_in_the_order_they_came() -> None:
    inbox = Inbox()
    for n, piece in enumerate((b"ab", b"c", b"def")):
        inbox.add(piece, float(n))
    assert len(inbox) == 6
    assert (inbox.take(3), inbox.take_all(), inbox.take_all()) == (b"abc", b"def", b"")


def test_each_byte_remembers_when_it_came() -> None:
    inbox = Inbox()
    inbox.add(b"ab", 1.0)
    inbox.add(b"cd", 2.0)
    assert [inbox.arrived_at(length) for length in (1, 2, 3, 4)] == [1.0, 1.0, 2.0, 2.0]
    inbox.take(1)
    assert [inbox.arrived_at(length) for length in (1, 2, 3)] == [1.0, 2.0, 2.0]
    inbox.take(1)
    assert inbox.arrived_at(1) == 2.0
    with pytest.raises(ValueError, match="only 2 bytes"):
        inbox.arrived_at(3)


def test_a_burst_is_one_arrival() -> None:
    inbox = Inbox()
    for n in range(10_000):
        inbox.add(b"x", 1.0 + n * 1e-6)
    assert len(inbox._arrivals) < 10
    assert inbox.arrived_at(10) == 1.0


def test_a_head_is_found_however_it_comes_and_stays_until_it_is_taken() -> None:
    inbox = Inbox()
    for n in range(len(GET)):
        assert inbox.read_head(HeadLimits()) is None
        inbox.add(GET[n : n + 1], float(n))
    inbox.add(GET, 100.0)
    for _ in range(2):
        head = inbox.read_head(HeadLimits())
        assert head is not None
        assert head.end == len(GET)
        assert inbox.arrived_at(head.end) == len(GET) - 1
    inbox.take(len(GET))
    assert inbox.read_head(HeadLimits()) is not None
    assert inbox.arrived_at(1) == 100.0


def test_a_refusal_comes_through() -> None:
    inbox = Inbox()
    inbox.add(b"rubbish\r\n\r\n", 0.0)
    with pytest.raises(RefusedError):
        inbox.read_head(HeadLimits())


def test_memory_is_given_back() -> None:
    inbox = Inbox()
    for n in range(100):
        inbox.add(b"x" * 10_000, float(n))
        inbox.take(9_999)
    assert len(inbox) == 100
    assert len(inbox._data) <= COMPACT_BYTES + 10_100
    assert inbox.arrived_at(100) == 99.0

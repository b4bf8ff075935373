from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tagent_sidecar.proxy.heads import (
    CHUNKED,
    TUNNEL,
    UNTIL_CLOSE,
    HeadLimits,
    MalformedError,
    RefusedError,
    read_request_head,
    read_response_head,
    response_closes,
)
from tests.unit.sidecar.proxy.conversations import Exchange, exchanges

LIMITS = HeadLimits()


def refusal(head: bytes, limits: HeadLimits = LIMITS) -> int:
    with pytest.raises(RefusedError) as refused:
        read_request_head(head, limits)
    return refused.value.http_status


def test_a_head_tells_method_target_end_and_body() -> None:
    data = b"POST /a?b HTTP/1.1\r\nHost: x\r\nContent-Length: 12\r\n\r\nbody"
    head = read_request_head(data, LIMITS)
    assert head is not None
    assert (head.method, head.target, head.body, head.closes) == (b"POST", b"/a?b", 12, False)
    assert data[head.end :] == b"body"


@pytest.mark.parametrize(
    ("lines", "body"),
    [
        (b"", 0),
        (b"Content-Length: 0\r\n", 0),
        (b"content-length:\t 7 \r\n", 7),
        (b"Transfer-Encoding: chunked\r\n", CHUNKED),
        (b"transfer-encoding: CHUNKED\r\n", CHUNKED),
        (b"Transfer-Encoding: gzip, chunked\r\n", CHUNKED),
        (b"X-Content-Length: 9\r\n", 0),
    ],
)
def test_the_body_is_read_from_its_headers(lines: bytes, body: int) -> None:
    head = read_request_head(b"POST / HTTP/1.1\r\n" + lines + b"\r\n", LIMITS)
    assert head is not None
    assert head.body == body


@pytest.mark.parametrize(
    ("version", "lines", "closes"),
    [
        (b"1.1", b"", False),
        (b"1.1", b"Connection: close\r\n", True),
        (b"1.1", b"Connection: TE, Close\r\n", True),
        (b"1.0", b"", True),
        (b"1.0", b"Connection: Keep-Alive\r\n", False),
        (b"1.1", b"Expect: 100-continue\r\n", True),
    ],
)
def test_a_head_tells_whether_its_caller_goes_on(
    version: bytes, lines: bytes, closes: bool
) -> None:
    head = read_request_head(b"GET / HTTP/" + version + b"\r\n" + lines + b"\r\n", LIMITS)
    assert head is not None
    assert head.closes is closes


@given(exchanges(), st.data())
def test_a_valid_head_is_read_whole_and_its_begin_is_not_yet_one(
    exchange: Exchange, data: st.DataObject
) -> None:
    end = exchange.request.index(b"\r\n\r\n") + 4
    cut = data.draw(st.integers(0, end - 1))
    assert read_request_head(exchange.request[:cut], LIMITS) is None
    head = read_request_head(exchange.request, LIMITS, scanned=cut)
    assert head is not None
    assert head.end == end


def test_limits_are_kept_to_the_byte() -> None:
    limits = HeadLimits(head_bytes=200, line_bytes=50, headers=3)
    assert read_request_head(b"GET /" + b"a" * 36 + b" HTTP/1.1\r\n\r\n", limits) is not None
    assert refusal(b"GET /" + b"a" * 37 + b" HTTP/1.1\r\n\r\n", limits) == 414
    start = b"GET / HTTP/1.1\r\n"
    assert read_request_head(start + b"A: b\r\n" * 3 + b"\r\n", limits) is not None
    assert refusal(start + b"A: b\r\n" * 4 + b"\r\n", limits) == 431
    assert refusal(start + b"A: " + b"b" * 48 + b"\r\n\r\n", limits) == 431
    assert refusal(b"GET / HTTP/1.1" + b"x" * 40, limits) == 414
    assert refusal(start + b"A: b\r\n" * 40, limits) == 431


def test_another_http_is_told_apart_from_rubbish() -> None:
    assert refusal(b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n") == 505
    assert refusal(b"GET / HTTP/3\r\n\r\n") == 505
    assert refusal(b"hello\r\n\r\n") == 400


def test_what_cannot_become_right_is_refused_before_the_head_is_whole() -> None:
    assert refusal(b"GET / HTTP/1.1\n") == 400
    assert refusal(b"GET / HTTP/1.1\r\nA: \0") == 400
    assert refusal(b"GET / HTTP/1.1\r\nA: b\rc") == 400
    assert read_request_head(b"GET / HTTP/1.1\r", LIMITS) is None


@pytest.mark.parametrize(
    ("data", "method", "body"),
    [
        (b"HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\n", b"GET", 5),
        (b"HTTP/1.1 200 OK\r\nContent-Length: 5\r\nContent-Length: 5\r\n\r\n", b"GET", 5),
        (b"HTTP/1.1 200\r\nTransfer-Encoding: chunked\r\n\r\n", b"GET", CHUNKED),
        (b"HTTP/1.1 200 OK\r\nTransfer-Encoding: gzip\r\n\r\n", b"GET", UNTIL_CLOSE),
        (b"HTTP/1.0 200 OK\r\n\r\n", b"GET", UNTIL_CLOSE),
        (b"HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\n", b"HEAD", 0),
        (b"HTTP/1.1 304 Same\r\nContent-Length: 5\r\n\r\n", b"GET", 0),
        (b"HTTP/1.1 204 None\r\n\r\n", b"GET", 0),
        (b"HTTP/1.1 101 Switch\r\n\r\n", b"GET", TUNNEL),
        (b"HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\n", b"CONNECT", TUNNEL),
        (b"HTTP/1.1 407 No\r\nContent-Length: 5\r\n\r\n", b"CONNECT", 5),
        (b"HTTP/1.1 200 OK\r\nX: a\r\n folded\r\nContent-Length: 5\r\n\r\n", b"GET", 5),
    ],
)
def test_a_response_s_body_depends_on_its_request_too(
    data: bytes, method: bytes, body: int
) -> None:
    head = read_response_head(data, method)
    assert head is not None
    assert (head.body, head.end) == (body, len(data))


def test_interim_responses_are_not_the_answer() -> None:
    for status, is_interim in ((b"100", True), (b"103", True), (b"101", False), (b"200", False)):
        head = read_response_head(b"HTTP/1.1 " + status + b" X\r\n\r\n", b"GET")
        assert head is not None
        assert head.is_interim is is_interim


def test_a_response_that_is_none_is_malformed_at_once_and_a_begun_one_is_awaited() -> None:
    for begun in (b"", b"H", b"HTTP/1.", b"HTTP/1.1 200 OK\r\n"):
        assert read_response_head(begun, b"GET") is None
    for wrong in (b"X", b"HTTP/2", b"HTTP/1.1 20 OK\r\n\r\n", b"HTTP/1.1 200 OK\r\nA\r\n\r\n"):
        with pytest.raises(MalformedError):
            read_response_head(wrong, b"GET")


def test_a_response_tells_whether_its_connection_ends() -> None:
    assert response_closes(b"HTTP/1.1 200 OK\r\nConnection: close\r\n\r\n")
    assert not response_closes(b"HTTP/1.1 200 OK\r\n\r\n")
    assert response_closes(b"HTTP/1.0 200 OK\r\n\r\n")
    assert not response_closes(b"HTTP/1.0 200 OK\r\nConnection: keep-alive\r\n\r\n")

from __future__ import annotations

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from tagent_sidecar.proxy.body import body_reader
from tagent_sidecar.proxy.heads import HeadLimits, read_request_head, read_response_head
from tagent_sidecar.proxy.plain import PlainRequests, PlainResponses
from tests.unit.sidecar.proxy.conversations import Exchange, exchanges

GET = b"GET /a HTTP/1.1\r\nHost: x\r\n\r\n"
OK = b"HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\nhello"
LIMITS = HeadLimits()
SPOILS = [
    b"\r\n",
    b"\n",
    b"\r",
    b"\0",
    b" ",
    b"\t",
    b":",
    b"\x0b",
    b"\xff",
    b"a",
    b"Content-Length: 1\r\n",
]

requests, responses = PlainRequests(LIMITS), PlainResponses()


@pytest.mark.parametrize(
    "data",
    [
        GET,
        b"HEAD / HTTP/1.1\r\n\r\n",
        b"DELETE /x?y HTTP/1.0\r\nConnection: keep-alive\r\n\r\n",
        GET[:-2] + b"Connection: close\r\n\r\n",
    ],
)
def test_a_request_without_a_body_in_one_piece_is_plain_again_and_again(data: bytes) -> None:
    assert all(requests.is_one(data) for _ in range(3))


@pytest.mark.parametrize(
    "data",
    [
        b"",
        GET[:-1],
        GET + GET,
        GET + b"x",
        b"\r\n" + GET,
        b"POST / HTTP/1.1\r\nContent-Length: 5\r\n\r\n",
        b"POST / HTTP/1.1\r\nTransfer-Encoding: chunked\r\n\r\n",
        b"GET / HTTP/1.1\r\nConnection: upgrade\r\nUpgrade: x\r\n\r\n",
        b"CONNECT a:1 HTTP/1.1\r\n\r\n",
        b"GET  / HTTP/1.1\r\n\r\n",
        b"GET / HTTP/2.0\r\n\r\n",
        b"POST / HTTP/1.1\r\nContent-Length: 7\r\n\r\nabc\r\n\r\n",
        b"POST / HTTP/1.1\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n",
        b"POST / HTTP/1.0\r\nTransfer-Encoding: chunked\r\n\r\n1\r\na\r\n0\r\n\r\n",
        GET + b"\r\n\r\n",
        GET + b"\n\r\n\r\n",
        GET + b"POST / HTTP/1.1\r\nContent-Length: 5\r\n\r\n",
        b"GET /\r\n\r\n",
        b"GET / HTTP/1.1\r\n" + b"A: b\r\n" * 101 + b"\r\n",
        b"GET /" + b"a" * 9000 + b" HTTP/1.1\r\n\r\n",
    ],
)
def test_anything_else_is_left_to_the_careful_reader_and_leaves_no_trace(data: bytes) -> None:
    assert not requests.is_one(data)
    assert requests.is_one(GET)


@settings(max_examples=150, deadline=None)
@given(exchanges(), st.integers(0, 200), st.sampled_from(SPOILS), st.integers(0, 2))
@example(Exchange(GET, OK), 0, b"\r\n", 0)
def test_a_plain_request_is_never_one_that_the_careful_reader_sees_otherwise(
    exchange: Exchange, place: int, spoil: bytes, cut: int
) -> None:
    for whole in (exchange.request, GET):
        at = place % (len(whole) + 1)
        data = whole[:at] + spoil + whole[at + cut :]
        if requests.is_one(data):
            head = read_request_head(data, LIMITS)
            assert head is not None
            assert (head.end, head.body) == (len(data), 0)


@pytest.mark.parametrize(
    "data",
    [
        OK,
        b"HTTP/1.1 404 No\r\nContent-Length: 0\r\nConnection: close\r\n\r\n",
        b"HTTP/1.1 204 No\r\n\r\n",
        b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n2\r\nab\r\n0\r\n\r\n",
    ],
)
def test_a_whole_response_in_one_piece_is_plain_again_and_again(data: bytes) -> None:
    assert all(responses.is_one(data) for _ in range(3))


@pytest.mark.parametrize(
    "data",
    [
        OK[:-1],
        b"\r\n" + OK,
        b"\n" + OK,
        OK + b"x",
        OK + OK,
        OK + OK[:20],
        b"HTTP/1.1 100 Continue\r\n\r\n",
        b"HTTP/1.1 100 Continue\r\n\r\n" + OK,
        b"HTTP/1.1 101 Switch\r\nConnection: upgrade\r\nUpgrade: x\r\n\r\n",
        b"HTTP/1.1 200 OK\r\n\r\nuntil close",
        b"rubbish",
    ],
)
def test_any_other_response_is_left_to_the_careful_reader_and_leaves_no_trace(data: bytes) -> None:
    assert not responses.is_one(data)
    assert responses.is_one(OK)


@settings(max_examples=150, deadline=None)
@given(exchanges(), st.integers(0, 300), st.sampled_from(SPOILS), st.integers(0, 2))
@example(Exchange(GET, OK), 13, b"\0", 0)
@example(Exchange(GET, OK), 0, b"\n", 0)
def test_a_plain_response_ends_where_the_careful_reader_sees_its_end(
    exchange: Exchange, place: int, spoil: bytes, cut: int
) -> None:
    for whole in (exchange.response, OK):
        at = place % (len(whole) + 1)
        data = whole[:at] + spoil + whole[at + cut :]
        if responses.is_one(data):
            head = read_response_head(data, b"GET")
            assert head is not None
            body = body_reader(head.body, strict=False)
            end = body.take(data, head.end)
            assert body.done
            assert data[end:].strip(b"\r\n") == b""
            assert data[9:12] == b"%d" % head.http_status

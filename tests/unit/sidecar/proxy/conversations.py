"""Strategies for valid HTTP/1 conversations, as the exact bytes of each message."""

from __future__ import annotations

from dataclasses import dataclass
from itertools import pairwise

from hypothesis import strategies as st

TOKENS = st.text("abcXYZ019-_.!~", min_size=1, max_size=8).map(str.encode)
VALUES = st.binary(max_size=20).map(
    lambda raw: bytes(byte for byte in raw if byte == 9 or 32 <= byte < 127 or byte > 127)
)
RESERVED = (b"content-length", b"transfer-encoding", b"connection", b"expect", b"upgrade")


@dataclass(frozen=True)
class Exchange:
    """A request, the interim and final responses to it."""

    request: bytes
    response: bytes


@st.composite
def header_lines(draw: st.DrawFn) -> bytes:
    lines = b""
    for _ in range(draw(st.integers(0, 4))):
        name = draw(TOKENS)
        if name.lower() not in RESERVED:
            lines += name + b":" + draw(VALUES) + b"\r\n"
    return lines


@st.composite
def chunked(draw: st.DrawFn) -> bytes:
    body = b""
    for data in draw(st.lists(st.binary(min_size=1, max_size=40), max_size=4)):
        size = draw(st.sampled_from([b"%x", b"%X", b"0%x"])) % len(data)
        extension = draw(st.sampled_from([b"", b";a", b";a=b", b'; a="b c"']))
        body += size + extension + b"\r\n" + data + b"\r\n"
    return (
        body + b"0\r\n" + draw(st.sampled_from([b"", b"X-Sum: 1\r\n", b"A:\r\nB: c\r\n"])) + b"\r\n"
    )


@st.composite
def framed_body(draw: st.DrawFn) -> tuple[bytes, bytes]:
    """Return the header that frames a body, and the body's bytes on the wire."""
    if draw(st.booleans()):
        name = draw(st.sampled_from([b"Transfer-Encoding", b"transfer-encoding"]))
        return name + b": chunked\r\n", draw(chunked())
    body = draw(st.binary(max_size=60))
    name = draw(st.sampled_from([b"Content-Length", b"content-length", b"CONTENT-LENGTH"]))
    return name + b":" + draw(st.sampled_from([b"", b" ", b"  "])) + b"%d\r\n" % len(body), body


@st.composite
def exchanges(draw: st.DrawFn) -> Exchange:
    method = draw(
        st.sampled_from([b"GET", b"HEAD", b"POST", b"PUT", b"DELETE", b"OPTIONS", b"BREW"])
    )
    target = draw(st.sampled_from([b"/", b"/a?b=c", b"*", b"http://h/x", b"/%20{}|"]))
    framing, body = draw(st.just((b"", b"")) | framed_body())
    version = b"1.0" if not framing and draw(st.booleans()) else b"1.1"
    request = b"%b %b HTTP/%b\r\n%b%b%b\r\n" % (
        method,
        target,
        version,
        draw(header_lines()),
        framing,
        draw(header_lines()),
    )
    interim = draw(
        st.sampled_from(
            [b"", b"HTTP/1.1 100 Continue\r\n\r\n", b"HTTP/1.1 103 Hints\r\nA: b\r\n\r\n"]
        )
    )
    status = draw(
        st.sampled_from([b"200 OK", b"204 None", b"304 Same", b"404 No", b"500", b"503 Oh no"])
    )
    framing, answer = draw(framed_body())
    if method == b"HEAD" or status[:3] in (b"204", b"304"):
        answer = b""
        if status[:3] == b"204":
            framing = b""
    head = b"HTTP/1.1 %b\r\n%b%b%b\r\n" % (
        status,
        draw(header_lines()),
        framing,
        draw(header_lines()),
    )
    return Exchange(request + body, interim + head + answer)


def pieces(data: bytes, cuts: list[int]) -> list[bytes]:
    """Cut bytes at these places (taken modulo the length)."""
    places = sorted({cut % (len(data) + 1) for cut in cuts} | {0, len(data)})
    return [data[start:end] for start, end in pairwise(places)]

"""Message heads: where one ends, whether its grammar is right, and what kind of body follows. Sans-IO and pure.

Theory. A request head is taken only when nobody can read it otherwise: `method SP target SP HTTP/1.x CRLF`, then
`name:value CRLF` lines of allowed bytes, then CRLF. Two lengths, doubtful lengths and doubtful codings are refused, since
what two parties read differently can be used to smuggle a request past one of them. A response head is read more
leniently: it comes from the service itself, and whoever asked sees the same bytes.
"""

from __future__ import annotations

import re
from dataclasses import dataclass

from tagent_sidecar.faults.matching import header_values

CHUNKED = -1
"""Body kind: chunks until the last one. Kinds of 0 and more are lengths."""
UNTIL_CLOSE = -2
"""Body kind: everything until the service closes."""
TUNNEL = -3
"""Body kind: no HTTP any more, in both directions."""

_TOKEN = rb"[!#$%&'*+.^_`|~0-9A-Za-z-]++"
_TEXT = rb"[^\x00-\x08\x0a-\x1f\x7f]*+"
_REQUEST_LINE = re.compile(rb"(%b) ([^\x00-\x20\x7f]++) HTTP/1\.([01])\r\n" % _TOKEN)
_OTHER_VERSION = re.compile(rb"%b [^\x00-\x20\x7f]++ HTTP/[0-9]+(?:\.[0-9]+)?\r\n" % _TOKEN)
_HEADER_LINES = re.compile(rb"(?:%b:%b\r\n)*+\r\n" % (_TOKEN, _TEXT))
_LENIENT_LINES = re.compile(
    rb"(?:[^\x00\r\n:]++:[^\x00\r\n]*+(?:\r\n[ \t][^\x00\r\n]*+)*+\r\n)*+\r\n"
)
_STATUS_LINE = re.compile(rb"HTTP/1\.([01]) ([1-9][0-9][0-9])(?: [^\r\n]*+)?\r\n")
_NOT_IN_A_HEAD = re.compile(rb"(?<!\r)\n|\r(?=[^\n])|\x00")
_LENGTH = re.compile(rb"[0-9]{1,15}")
_CODINGS_BEFORE_CHUNKED = frozenset({b"gzip", b"x-gzip", b"deflate", b"compress", b"x-compress"})
_PREFACE = b"PRI * HTTP/2.0\r\n"


class RefusedError(Exception):
    """A request that is not passed on, with the status that says so."""

    def __init__(self, http_status: int, reason: str) -> None:
        super().__init__(reason)
        self.http_status = http_status
        self.reason = reason


class MalformedError(Exception):
    """A response that is not HTTP/1."""


@dataclass(frozen=True, slots=True)
class HeadLimits:
    """How large a head may be."""

    head_bytes: int = 64 * 1024
    line_bytes: int = 16 * 1024
    headers: int = 100


@dataclass(frozen=True, slots=True)
class RequestHead:
    """What the proxy needs to know of a request."""

    method: bytes
    target: bytes
    end: int
    """Offset of what follows the head."""
    body: int
    """A length, or CHUNKED."""
    closes: bool
    """The caller wants no further request on this connection, or leaves it open whether the body will come."""


@dataclass(frozen=True, slots=True)
class ResponseHead:
    """What the proxy needs to know of a response."""

    http_status: int
    end: int
    body: int
    """A length, CHUNKED, UNTIL_CLOSE or TUNNEL."""

    @property
    def is_interim(self) -> bool:
        """Return whether the real response is still to come."""
        return self.http_status < 200 and self.body != TUNNEL


def read_request_head(data: bytes, limits: HeadLimits, scanned: int = 0) -> RequestHead | None:
    """Read the head at the start of `data`; None when it is not all there.

    `scanned` bytes of it were seen before without finding the end. Raises RefusedError.
    """
    end = data.find(b"\r\n\r\n", max(0, scanned - 3)) + 4
    if end < 4:
        _check_begun_head(data, limits, scanned)
        return None
    head = data[:end]
    line = _REQUEST_LINE.match(head)
    if line is None:
        raise _bad_request_line(head, limits)
    _check_size(head, limits)
    if _HEADER_LINES.fullmatch(head, line.end()) is None:
        raise RefusedError(400, "a header line is not `name: value` in allowed characters")
    return RequestHead(
        method=line[1],
        target=line[2],
        end=end,
        body=_request_body(head, is_http_1_0=line[3] == b"0"),
        closes=_request_closes(head, is_http_1_0=line[3] == b"0"),
    )


def read_response_head(data: bytes, method: bytes) -> ResponseHead | None:
    """Read the head at the start of `data`, the answer to a request of `method`; None when it is not all there.

    Raises MalformedError.
    """
    end = data.find(b"\r\n\r\n") + 4
    if end < 4:
        if not b"HTTP/1.".startswith(data[:7]):
            raise MalformedError("does not begin with HTTP/1.")
        return None
    head = data[:end]
    line = _STATUS_LINE.match(head)
    if line is None:
        raise MalformedError("the status line is not one")
    if _LENIENT_LINES.fullmatch(head, line.end()) is None:
        raise MalformedError("a header line is not one")
    http_status = int(line[2])
    return ResponseHead(http_status, end, _response_body(head, http_status, method))


def _check_begun_head(data: bytes, limits: HeadLimits, scanned: int) -> None:
    # What can never become right is refused at once, not when the time for a head is over.
    if _NOT_IN_A_HEAD.search(data, max(0, scanned - 1)) is not None:
        raise RefusedError(400, "a line of the head does not end in CR LF, or holds a NUL")
    if len(data) > limits.line_bytes and data.find(b"\r\n", 0, limits.line_bytes) < 0:
        raise RefusedError(414, "the request line is too long")
    if len(data) > limits.head_bytes:
        raise RefusedError(431, "the head is too large")


def _check_size(head: bytes, limits: HeadLimits) -> None:
    if len(head) > limits.head_bytes:
        raise RefusedError(431, "the head is too large")
    if head.count(b"\r\n") - 2 > limits.headers:
        raise RefusedError(431, "there are too many headers")
    if len(head) <= limits.line_bytes:
        return
    first, *others = head.split(b"\r\n")
    if len(first) > limits.line_bytes:
        raise RefusedError(414, "the request line is too long")
    if any(len(line) > limits.line_bytes for line in others):
        raise RefusedError(431, "a header is too long")


def _bad_request_line(head: bytes, limits: HeadLimits) -> RefusedError:
    if head.startswith(_PREFACE):
        return RefusedError(505, "HTTP/2 passes only with --protocol tcp")
    if head.find(b"\r\n") > limits.line_bytes:
        return RefusedError(414, "the request line is too long")
    if _OTHER_VERSION.match(head) is not None:
        return RefusedError(505, "only HTTP/1.0 and HTTP/1.1 are passed on")
    return RefusedError(400, "the request line is not `METHOD target version`")


def _request_body(head: bytes, *, is_http_1_0: bool) -> int:
    codings = header_values(head, b"transfer-encoding")
    lengths = header_values(head, b"content-length")
    if codings:
        if lengths:
            raise RefusedError(400, "both Content-Length and Transfer-Encoding")
        if is_http_1_0:
            raise RefusedError(400, "Transfer-Encoding in HTTP/1.0")
        if not _ends_chunked(codings):
            raise RefusedError(400, "Transfer-Encoding does not end in exactly `chunked`")
        return CHUNKED
    if not lengths:
        return 0
    if len(lengths) > 1 or _LENGTH.fullmatch(lengths[0]) is None:
        raise RefusedError(400, "Content-Length is not one number")
    return int(lengths[0])


def _ends_chunked(codings: list[bytes]) -> bool:
    if len(codings) != 1:
        return False
    *others, last = [coding.strip(b" \t").lower() for coding in codings[0].split(b",")]
    return last == b"chunked" and all(coding in _CODINGS_BEFORE_CHUNKED for coding in others)


def _request_closes(head: bytes, *, is_http_1_0: bool) -> bool:
    options = _list_values(head, b"connection")
    if header_values(head, b"expect"):
        return True
    return b"keep-alive" not in options if is_http_1_0 else b"close" in options


def response_closes(head: bytes) -> bool:
    """Return whether the service closes the connection behind the response with this head."""
    options = _list_values(head, b"connection")
    return b"keep-alive" not in options if head.startswith(b"HTTP/1.0") else b"close" in options


def _list_values(head: bytes, name: bytes) -> set[bytes]:
    return {
        item.strip(b" \t").lower()
        for value in header_values(head, name)
        for item in value.split(b",")
    }


def _response_body(head: bytes, http_status: int, method: bytes) -> int:
    if http_status == 101 or (method == b"CONNECT" and 200 <= http_status < 300):
        return TUNNEL
    if method == b"HEAD" or http_status < 200 or http_status in (204, 304):
        return 0
    codings = header_values(head, b"transfer-encoding")
    lengths = header_values(head, b"content-length")
    if codings:
        if lengths:
            raise MalformedError("both Content-Length and Transfer-Encoding")
        return CHUNKED if codings[-1].lower().endswith(b"chunked") else UNTIL_CLOSE
    if not lengths:
        return UNTIL_CLOSE
    if len(set(lengths)) > 1 or _LENGTH.fullmatch(lengths[0]) is None:
        raise MalformedError("Content-Length is not one number")
    return int(lengths[0])

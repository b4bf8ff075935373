"""The quick look: is this piece of bytes exactly one ordinary message? Pure.

Nearly all traffic is a request without a body in one piece, and a response in one piece. llhttp (strict) recognises these
in a few calls into C; what it lets pass and `heads.py` does not is checked beside it. A yes is beyond doubt, a no says
nothing: then `heads.py` reads properly.
"""

from __future__ import annotations

import re

from httptools import HttpParserError, HttpParserUpgrade, HttpRequestParser, HttpResponseParser

from tagent_sidecar.proxy.heads import HeadLimits

PLAIN_BYTES_MAX = 8192
"""Longer heads go the careful way, so that a quick look stays quick."""
REMEMBERED_BYTES_MAX = 1024
"""A connection remembers no longer message than this, since thousands of them may be idle."""
_HEADER_BYTES_MIN = 4
"""The shortest header line there is; so many times fewer bytes cannot hold too many of them."""

_REQUEST_LINE = re.compile(rb"[A-Z]+ [\x21-\x7e]+ HTTP/1\.[01]\r\n").match
_NEVER = -1000
_BLANK = ord(" ")
_H = ord("H")
_INTERIM = ord("1")


class _Seen:
    """What a parser passed."""

    __slots__ = ("begun", "completed")

    def __init__(self) -> None:
        self.begun = 0
        self.completed = 0

    def on_message_begin(self) -> None:
        self.begun += 1

    def on_message_complete(self) -> None:
        self.completed += 1


class _SeenWithoutBody(_Seen):
    """Never sees a message with a body as complete."""

    __slots__ = ()

    def on_body(self, _body: bytes) -> None:
        self.completed = _NEVER

    def on_chunk_header(self) -> None:
        self.completed = _NEVER


class PlainRequests:
    """Recognises plain requests. Its parser is between two messages whenever nobody is in here, so one serves all."""

    __slots__ = ("_bytes_max", "_feed", "_few_bytes", "_lines_max", "_seen")

    def __init__(self, limits: HeadLimits) -> None:
        self._bytes_max = min(PLAIN_BYTES_MAX, limits.line_bytes, limits.head_bytes)
        self._few_bytes = limits.headers * _HEADER_BYTES_MIN
        self._lines_max = limits.headers + 2
        self._renew()

    def is_one(self, data: bytes) -> bool:
        """Return whether `data` is exactly one request without a body, in order beyond doubt."""
        length = len(data)
        if length > self._bytes_max or _REQUEST_LINE(data) is None:
            return False
        if data[-5] <= _BLANK:  # llhttp skips empty lines behind a message: there must be none
            return False
        if length > self._few_bytes and data.count(b"\n") > self._lines_max:
            return False
        seen = self._seen
        seen.begun = seen.completed = 0
        try:
            self._feed(data)
        except (HttpParserError, HttpParserUpgrade):
            self._renew()
            return False
        if seen.completed == 1 and seen.begun == 1:
            return True
        self._renew()  # in the middle of a message: a body would follow
        return False

    def _renew(self) -> None:
        self._seen = _SeenWithoutBody()
        parser = HttpRequestParser(self._seen)
        # Each message is looked at by itself, so one that says `close` must not end the parser for all.
        parser.set_dangerous_leniencies(lenient_keep_alive=True)
        self._feed = parser.feed_data


class PlainResponses:
    """Recognises plain responses to requests other than HEAD and CONNECT."""

    __slots__ = ("_feed", "_seen")

    def __init__(self) -> None:
        self._renew()

    def is_one(self, data: bytes) -> bool:
        """Return whether `data` is exactly one final response, whole."""
        if data[0] != _H:  # llhttp skips empty lines before a message
            return False
        seen = self._seen
        seen.begun = seen.completed = 0
        try:
            self._feed(data)
        except (HttpParserError, HttpParserUpgrade):
            self._renew()
            return False
        if seen.completed == 1 and seen.begun == 1:
            return data[9] != _INTERIM
        self._renew()
        return False

    def _renew(self) -> None:
        self._seen = _Seen()
        parser = HttpResponseParser(self._seen)
        parser.set_dangerous_leniencies(lenient_keep_alive=True)
        self._feed = parser.feed_data

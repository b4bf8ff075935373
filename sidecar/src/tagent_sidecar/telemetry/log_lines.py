"""The service's log lines: kept within bounds, made harmless when they are taken to be sent.

A line waits as it came, for most lines of a busy service are never sent: only the newest are. What is taken is redacted,
freed of control characters, and given a level. Lines of one stream must come in order.
"""

from __future__ import annotations

import re
from collections import deque
from dataclasses import dataclass

from tagent_contract.reports import LOG_LINE_LENGTH_MAX, LogLine
from tagent_sidecar.telemetry.redaction import (
    REDACTED,
    closes_private_key,
    opens_private_key,
    redact,
)

LENGTH_KEPT_MAX = 8192
"""How much of a line is kept. Twice what is sent, so that a secret at the cut is seen whole and redacted."""
PRIVATE_KEY_LINES_MAX = 200
"""A block that never ends hides no more lines than this."""
_LEVEL_WITHIN = 300

_ESCAPE = re.compile(r"\x1b(?:\[[0-9;:?]{0,32}[@-~]|\][^\x07\x1b]{0,256}(?:\x07|\x1b\\)?)")
# C0 but the tab, DEL, C1, the line separators, and what turns the reading direction or hides text.
_CONTROL = re.compile(
    "[\x00-\x08\x0a-\x1f\x7f-\x9f\u061c\u200b\u200e\u200f\u2028-\u202e\u2066-\u2069\ufeff]"
)
_TAGGED = re.compile(
    r"(?i)[\"']?\b(?:level|severity|lvl|levelname)[\"']?\s{0,3}[:=]\s{0,3}[\"']?([a-z]{3,9})"
)
_WORD = re.compile(
    r"(?<![\w/.-])(TRACE|DEBUG|INFO|NOTICE|WARN|WARNING|ERROR|ERR|CRITICAL|FATAL|PANIC|EMERG|ALERT)(?![\w/.-])"
)
_LETTER = re.compile(r"([DIWEF])\d{4} \d\d:\d\d")
_RAISED = re.compile(
    r"Traceback \(most recent|panic: |(?:[\w.]{1,100}\.)?[A-Z]\w{0,60}(?:Error|Exception)\b:"
)
_LEVELS = {
    "trace": "debug",
    "debug": "debug",
    "info": "info",
    "notice": "info",
    "warn": "warning",
    "warning": "warning",
    "error": "error",
    "err": "error",
    "critical": "critical",
    "fatal": "critical",
    "panic": "critical",
    "emerg": "critical",
    "alert": "critical",
    "d": "debug",
    "i": "info",
    "w": "warning",
    "e": "error",
    "f": "critical",
}


@dataclass(frozen=True, slots=True)
class KeptLine:
    """A line as it came, and when (monotonic seconds)."""

    at: float
    stream: str
    line: str


class LogLines:
    """The newest lines, within a number and a size; older ones make room and are counted."""

    def __init__(
        self,
        *,
        lines_max: int = 500,
        length_max: int = 256 * 1024,
        own_secrets: tuple[str, ...] = (),
    ) -> None:
        """Keep nothing yet. `own_secrets` are redacted wherever they stand in a line."""
        self.dropped = 0
        """Lines that made room since `take_dropped`."""
        self._lines_max = lines_max
        self._length_max = length_max
        self._own_secrets = own_secrets
        self._kept: deque[KeptLine] = deque()
        self._length = 0
        self._hidden_left: dict[str, int] = {}

    def __len__(self) -> int:
        return len(self._kept)

    def add(self, stream: str, line: str, now: float) -> None:
        """Keep a line; of a very long one only its begin."""
        line = self._without_key_block(stream, line[:LENGTH_KEPT_MAX].rstrip("\r\n"))
        if not line.strip():
            return
        self._append(KeptLine(now, stream, line))

    def take(self, lines_max: int, length_max: int) -> list[KeptLine]:
        """Remove and return the oldest lines, within a number and a size."""
        taken: list[KeptLine] = []
        while self._kept and len(taken) < lines_max and len(self._kept[0].line) <= length_max:
            kept = self._kept.popleft()
            length_max -= len(kept.line)
            self._length -= len(kept.line)
            taken.append(kept)
        return taken

    def put_back(self, lines: list[KeptLine]) -> None:
        """Keep again what could not be sent, as far as there is room: these are the oldest."""
        for kept in reversed(lines):
            if (
                len(self._kept) >= self._lines_max
                or self._length + len(kept.line) > self._length_max
            ):
                self.dropped += 1
                continue
            self._kept.appendleft(kept)
            self._length += len(kept.line)

    def take_dropped(self) -> int:
        """Return how many lines were lost since the last call."""
        dropped, self.dropped = self.dropped, 0
        return dropped

    def to_send(self, lines: list[KeptLine], now: float) -> tuple[LogLine, ...]:
        """Return lines as they may leave: redacted, harmless, with a level and their age."""
        return tuple(_to_send(kept, now, self._own_secrets) for kept in lines)

    def _append(self, kept: KeptLine) -> None:
        self._kept.append(kept)
        self._length += len(kept.line)
        while len(self._kept) > self._lines_max or self._length > self._length_max:
            self._length -= len(self._kept.popleft().line)
            self.dropped += 1

    def _without_key_block(self, stream: str, line: str) -> str:
        hidden_left = self._hidden_left.get(stream, 0)
        if hidden_left:
            closed = closes_private_key(line)
            self._hidden_left[stream] = 0 if closed else hidden_left - 1
            return ""
        if opens_private_key(line):
            self._hidden_left[stream] = PRIVATE_KEY_LINES_MAX
            return line[: line.index("-----BEGIN ")] + REDACTED
        return line


def _to_send(kept: KeptLine, now: float, own_secrets: tuple[str, ...]) -> LogLine:
    text = _CONTROL.sub("\ufffd", _ESCAPE.sub("", kept.line))
    text = redact(text, own_secrets)
    return LogLine(
        age_s=max(now - kept.at, 0.0),
        stream=kept.stream,
        level=guess_level(text),
        text=text[:LOG_LINE_LENGTH_MAX],
    )


def guess_level(text: str) -> str:
    """Return `debug`, `info`, `warning`, `error` or `critical`; what says nothing is `info`."""
    begin = text[:_LEVEL_WITHIN]
    for pattern in (_TAGGED, _LETTER, _WORD):
        found = pattern.match(begin) if pattern is _LETTER else pattern.search(begin)
        if found and (level := _LEVELS.get(found[1].lower())):
            return level
    return "error" if _RAISED.match(begin) else "info"

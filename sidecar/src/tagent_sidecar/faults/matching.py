"""Which requests a fault touches: method, path and headers, read from the raw head only when a fault asks."""

from __future__ import annotations

from collections.abc import Callable
from typing import TypeAlias

from tagent_contract.faults import Match

RequestTest: TypeAlias = Callable[[bytes, bytes, bytes], bool]
"""(method, request target, raw head) → whether it matches."""


def compile_match(match: Match) -> RequestTest | None:
    """Return the test of a match, or None when it matches everything."""
    tests: list[RequestTest] = []
    if match.method is not None:
        tests.append(_method_test(match.method.encode()))
    if match.path is not None:
        tests.append(_path_test(match.path.encode()))
    tests.extend(
        _header_test(name.lower().encode(), value.strip(" \t").encode())
        for name, value in match.headers.items()
    )
    if not tests:
        return None
    return lambda method, target, head: all(test(method, target, head) for test in tests)


def path_of(target: bytes) -> bytes:
    """Return a request target's path: no query, and no scheme and host when it is absolute."""
    path = target.partition(b"?")[0]
    if path.startswith(b"/"):
        return path
    scheme, mark, rest = path.partition(b"://")
    if not mark or not scheme.isalnum():
        return path
    slash = rest.find(b"/")
    return rest[slash:] if slash >= 0 else b"/"


def glob_matches(parts: list[bytes], text: bytes) -> bool:
    """Match a pattern that was split at its stars; linear in the text, whatever the pattern."""
    if len(parts) == 1:
        return text == parts[0]
    first, *middle, last = parts
    if len(text) < len(first) + len(last) or not text.startswith(first) or not text.endswith(last):
        return False
    at, end = len(first), len(text) - len(last)
    for part in middle:
        at = text.find(part, at, end)
        if at < 0:
            return False
        at += len(part)
    return True


def header_values(head: bytes, name: bytes) -> list[bytes]:
    """Return every value of a header (its name in lower case) in a raw head, without the blanks around it."""
    lower = head.lower()
    mark = b"\r\n" + name + b":"
    values = []
    at = lower.find(mark)
    while at >= 0:
        start = at + len(mark)
        end = head.find(b"\r\n", start)
        values.append((head[start:end] if end >= 0 else head[start:]).strip(b" \t"))
        at = lower.find(mark, start)
    return values


def _method_test(wanted: bytes) -> RequestTest:
    return lambda method, _target, _head: method == wanted


def _path_test(pattern: bytes) -> RequestTest:
    parts = pattern.split(b"*")
    return lambda _method, target, _head: glob_matches(parts, path_of(target))


def _header_test(name: bytes, wanted: bytes) -> RequestTest:
    return lambda _method, _target, head: wanted in header_values(head, name)

"""Answers that the proxy gives itself, as bytes. Pure."""

from __future__ import annotations

from collections.abc import Iterable
from http import HTTPStatus

_PHRASES = {int(status): status.phrase for status in HTTPStatus}
_TEXT = (("content-type", "text/plain; charset=utf-8"),)


def build_answer(
    http_status: int,
    headers: Iterable[tuple[str, str]],
    body: bytes,
    *,
    to_head: bool = False,
    closes: bool = False,
) -> tuple[bytes, int]:
    """Return a whole response and the length of its head. The answer to a HEAD request says the length and sends none."""
    lines = [f"HTTP/1.1 {http_status} {_PHRASES.get(http_status, 'Unknown')}"]
    lines += [f"{name}: {value}" for name, value in headers]
    lines.append(f"content-length: {len(body)}")
    if closes:
        lines.append("connection: close")
    head = "\r\n".join([*lines, "", ""]).encode("latin-1", "replace")
    return (head if to_head else head + body), len(head)


def build_notice(http_status: int, text: str, *, to_head: bool = False) -> bytes:
    """Return a short plain answer after which the connection closes."""
    body = f"{text}\n".encode()
    return build_answer(http_status, _TEXT, body, to_head=to_head, closes=True)[0]

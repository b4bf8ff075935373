"""Calls whose answers are contract types."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any, TypeVar

import msgspec
from msgspec import Struct

from tagent_client.answers import Page, read_answer
from tagent_client.errors import UnreachableError
from tagent_client.transport import Query, Transport

API = "/api/v1"

T = TypeVar("T")


class Calls:
    """Asks one platform, and reads what it answers. Every method raises ApiError (it refused) or UnreachableError (it could not be asked)."""

    def __init__(self, transport: Transport) -> None:
        self._transport = transport

    def get(self, path: str, kind: type[T], query: Query | None = None) -> T:
        """Ask for something."""
        return self.decode(self._transport.call("GET", path, query=query), kind)

    def send(
        self, method: str, path: str, body: Struct | Mapping[str, Any] | None, kind: type[T]
    ) -> T:
        """Ask for something to be done, and return what it is then."""
        return self.decode(self._transport.call(method, path, body=body), kind)

    def pages(self, path: str, kind: type[T], query: Query | None = None) -> Iterator[T]:
        """Yield a list's items, asking for its pages one after the other."""
        cursor: str | None = None
        while True:
            page = self.get(path, Page[kind], {**(query or {}), "cursor": cursor})  # type: ignore[valid-type]
            yield from page.items
            cursor = page.next
            if cursor is None:
                return

    def raw(
        self, method: str, path: str, *, body: Struct | None = None, query: Query | None = None
    ) -> bytes:
        """Return an answer as it came; empty when there is nothing to say."""
        return self._transport.call(method, path, body=body, query=query)

    def decode(self, body: bytes, kind: type[T]) -> T:
        """Read an answer."""
        try:
            return read_answer(body, kind)
        except msgspec.DecodeError as error:
            raise UnreachableError(
                f"the answer of {self._transport.url} is not what this version expects ({error}); check TAGENT_URL and both versions"
            ) from error

"""What a process fault has brought about, and how it is taken back."""

from __future__ import annotations

from typing import Protocol


class EffectError(Exception):
    """A fault that could not be applied; `str` is one line for people."""


class Effect(Protocol):
    """Something in force, to be ended once."""

    async def broke(self) -> str:
        """Wait until it is no longer in force although nobody ended it, and return why; usually for ever."""

    def end(self) -> None:
        """Take it back. Must not wait: it is also called while the sidecar stops."""

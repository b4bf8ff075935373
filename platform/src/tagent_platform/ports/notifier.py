"""Tells somebody outside what they should know at once: escalations and resolutions."""

from __future__ import annotations

from typing import Protocol


class NotifyError(Exception):
    """The message was not taken. The text is one sentence for people.

    `is_permanent`: trying again cannot help, such as when the receiver says that the message itself is wrong.
    """

    def __init__(self, text: str, *, is_permanent: bool = False) -> None:
        super().__init__(text)
        self.is_permanent = is_permanent


class Notifier(Protocol):
    """Delivers messages, each a JSON document.

    - `notify` returns when the receiver has taken the message.
    - The message arrives byte for byte, with its id, and with a signature over the time and those bytes that only the holder of the secret can make.
    - What the receiver refuses for good raises NotifyError with `is_permanent`; busy, failing, silent or absent receivers raise it without.
    - A receiver that never answers costs a bounded time, and one that answers without end a bounded amount of memory.
    - A redirect is not followed: it is an answer like any other that is no success.
    """

    async def notify(self, message: bytes, message_id: str) -> None: ...

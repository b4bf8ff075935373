"""One webhook: a JSON message by POST, signed, so that its receiver can tell it from anybody else's.

The signature is `sha256=` and the hex HMAC-SHA256, under the shared secret, of the timestamp header, a dot and the body. A receiver
compares it, and refuses an old timestamp, so that a message overheard cannot be sent again later.
"""

from __future__ import annotations

import asyncio
import hashlib
import hmac
from urllib.parse import urlsplit

import httpx

from tagent_platform.ports.clock import Clock
from tagent_platform.ports.notifier import NotifyError

ID_HEADER = "tagent-delivery"
TIMESTAMP_HEADER = "tagent-timestamp"
SIGNATURE_HEADER = "tagent-signature"
ANSWER_SHOWN_MAX = 200
TRY_AGAIN = frozenset({408, 409, 425, 429})
"""Among the answers that blame the sender, those that may change by themselves."""


def signature(secret: str, timestamp: str, body: bytes) -> str:
    """Return what the signature header holds."""
    digest = hmac.new(secret.encode(), timestamp.encode() + b"." + body, hashlib.sha256)
    return f"sha256={digest.hexdigest()}"


class WebhookNotifier:
    """Keeps the notifier port with one HTTP receiver."""

    def __init__(self, url: str, secret: str, clock: Clock, timeout_s: float = 10.0) -> None:
        self._url = url
        self._secret = secret
        self._clock = clock
        self._timeout_s = timeout_s
        self._client = httpx.AsyncClient(timeout=timeout_s, follow_redirects=False, trust_env=False)

    async def notify(self, message: bytes, message_id: str) -> None:
        if not _has_possible_port(self._url):
            raise _wrong_address("a port is at most 65535")
        timestamp = f"{self._clock.now():.0f}"
        headers = {
            "content-type": "application/json",
            "user-agent": "tagent",
            ID_HEADER: message_id,
            TIMESTAMP_HEADER: timestamp,
            SIGNATURE_HEADER: signature(self._secret, timestamp, message),
        }
        try:
            async with (
                asyncio.timeout(self._timeout_s),
                self._client.stream("POST", self._url, content=message, headers=headers) as answer,
            ):
                status = answer.status_code
                said = b"" if answer.is_success else await _beginning_of(answer)
        except (httpx.InvalidURL, httpx.UnsupportedProtocol) as error:
            raise _wrong_address(str(error)) from error
        except TimeoutError as error:
            text = f"the webhook did not answer within {self._timeout_s:g} s"
            raise NotifyError(text) from error
        except httpx.HTTPError as error:
            why = str(error) or type(error).__name__
            raise NotifyError(f"the webhook did not take the message: {why}") from error
        if not 200 <= status < 300:
            text = said.decode("utf-8", "replace")
            blames_us = 300 <= status < 500 and status not in TRY_AGAIN
            raise NotifyError(f"the webhook answered {status}: {text!r}", is_permanent=blames_us)

    async def close(self) -> None:
        """Close the connections; afterwards it notifies nobody."""
        await self._client.aclose()


def _has_possible_port(url: str) -> bool:
    try:
        _ = urlsplit(url).port
    except ValueError:
        return False
    return True


def _wrong_address(why: str) -> NotifyError:
    return NotifyError(f"the webhook's address is wrong: {why}", is_permanent=True)


async def _beginning_of(answer: httpx.Response) -> bytes:
    async for chunk in answer.aiter_raw(ANSWER_SHOWN_MAX):
        return chunk[:ANSWER_SHOWN_MAX]
    return b""

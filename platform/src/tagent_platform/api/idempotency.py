"""POSTs with an Idempotency-Key: the same key and request is carried out once, and always answered the same.

A receipt is claimed by a commit before the request is carried out, and completed with its answer afterwards; so of two at once one is carried out,
also after a crash in between (then nobody knows how far it got, and that is what a repetition is told).
"""

from __future__ import annotations

import asyncio
import hashlib
import heapq
import logging
from dataclasses import dataclass, field

from starlette.responses import Response
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from tagent_contract.problems import ConflictReason, ProblemType
from tagent_platform.api.auth import CALLER
from tagent_platform.api.errors import CONTENT_TYPE, ProblemError, invalid, problem
from tagent_platform.api.gate import TELEMETRY_PATHS, Answered, header, replay
from tagent_platform.api.metrics import Counters
from tagent_platform.core.records import ReceiptRecord
from tagent_platform.ports.store import (
    Change,
    ConflictError,
    StoreUnavailableError,
    Versioned,
)
from tagent_platform.usecases.platform import Platform

HEADER = b"idempotency-key"
KEPT_BODY = "tagent.kept_body"
"""The scope's key for what to keep instead of the answer's body, where that holds a secret."""
KEY_LENGTH_MAX = 200
CLAIM_TRIES_MAX = 5
DROPPED_AT_ONCE = 200
_IN_PROGRESS = 0
"""A claimed receipt's status, before there is an answer."""

_log = logging.getLogger(__name__)


@dataclass(slots=True)
class _Answer:
    """A response on its way out, held back until its receipt is written."""

    status: int = _IN_PROGRESS
    messages: list[Message] = field(default_factory=list)

    async def send(self, message: Message) -> None:
        if message["type"] == "http.response.start":
            self.status = message["status"]
        self.messages.append(message)

    def body(self) -> bytes:
        return b"".join(message.get("body", b"") for message in self.messages)


class Idempotency:
    """Stands before the application and keeps receipts in the store."""

    def __init__(
        self, app: ASGIApp, platform: Platform, receipts_max: int, refusals: Counters
    ) -> None:
        self._app = app
        self._store = platform.store
        self._clock = platform.clock
        self._kept_s = platform.limits.receipts_kept_s
        self._receipts_max = receipts_max
        self._running: dict[str, asyncio.Event] = {}
        self._answered = Answered(self._once, refusals)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Handle one request."""
        if _takes_key(scope):
            await self._answered(scope, receive, send)
        else:
            await self._app(scope, receive, send)

    async def _once(self, scope: Scope, receive: Receive, send: Send) -> None:
        key = _key_of(scope)
        body: bytes = (await receive())["body"]
        receipt_key = _hash(scope[CALLER].token_id.encode(), key)
        digest = _hash(scope["path"].encode(), scope["query_string"], body)
        kept = await self._claim(receipt_key, digest)
        if kept is not None:
            media_type = "application/json" if kept.status < 400 else CONTENT_TYPE
            headers = {"idempotency-replayed": "true"}
            again = Response(kept.body, kept.status, headers, media_type=media_type)
            await again(scope, receive, send)
            return
        await self._carry_out(receipt_key, digest, (scope, replay(body, receive), send))

    async def _claim(self, receipt_key: str, digest: str) -> ReceiptRecord | None:
        """Return the receipt that answers this request, or None once this request is the one to carry out."""
        for _ in range(CLAIM_TRIES_MAX):
            while running := self._running.get(receipt_key):
                await running.wait()
            found = self._store.get(ReceiptRecord, receipt_key)
            now = self._clock.now()
            if found is not None and found.record.at + self._kept_s > now:
                return _check(found.record, digest)
            claim = ReceiptRecord(request_digest=digest, status=_IN_PROGRESS, body="", at=now)
            expected = found.version if found else 0
            self._running[receipt_key] = asyncio.Event()
            changes = [Change(ReceiptRecord, receipt_key, claim, expected)]
            changes += self._oldest_receipts()
            try:
                await self._store.commit(changes)
            except ConflictError:
                self._release(receipt_key)
            except BaseException:
                self._release(receipt_key)
                raise
            else:
                return None
        raise ConflictError("the receipt kept changing")

    def _oldest_receipts(self) -> list[Change]:
        receipts = self._store.all(ReceiptRecord)
        if len(receipts) < self._receipts_max:
            return []
        oldest = heapq.nsmallest(
            DROPPED_AT_ONCE, receipts.items(), key=lambda item: item[1].record.at
        )
        return [
            Change(ReceiptRecord, key, None, kept.version)
            for key, kept in oldest
            if key not in self._running
        ]

    async def _carry_out(
        self, receipt_key: str, digest: str, request: tuple[Scope, Receive, Send]
    ) -> None:
        scope, receive, send = request
        answer = _Answer()
        try:
            await self._app(scope, receive, answer.send)
        finally:
            try:
                kept = scope.get(KEPT_BODY) or answer.body()
                await self._complete(receipt_key, digest, answer.status, kept)
            finally:
                self._release(receipt_key)
        for message in answer.messages:
            await send(message)

    async def _complete(self, receipt_key: str, digest: str, status: int, body: bytes) -> None:
        claimed: Versioned[ReceiptRecord] | None = self._store.get(ReceiptRecord, receipt_key)
        if claimed is None:
            return
        receipt: ReceiptRecord | None = None
        if 200 <= status < 500 and status != 422:
            at, text = claimed.record.at, body.decode()
            receipt = ReceiptRecord(request_digest=digest, status=status, body=text, at=at)
        try:
            await self._store.commit([Change(ReceiptRecord, receipt_key, receipt, claimed.version)])
        except (ConflictError, StoreUnavailableError) as error:
            # What was asked is done and its answer true; only a repetition will not know it.
            _log.warning("a receipt could not be completed: %s", error)

    def _release(self, receipt_key: str) -> None:
        self._running.pop(receipt_key).set()


def _takes_key(scope: Scope) -> bool:
    return (
        scope["type"] == "http"
        and scope["method"] == "POST"
        and CALLER in scope
        and scope["path"] not in TELEMETRY_PATHS
        and header(scope, HEADER) is not None
    )


def _key_of(scope: Scope) -> bytes:
    key = header(scope, HEADER)
    if not key or len(key) > KEY_LENGTH_MAX:
        raise invalid("idempotency-key", f"has 1 to {KEY_LENGTH_MAX} characters")
    return key


def _check(receipt: ReceiptRecord, digest: str) -> ReceiptRecord:
    if receipt.request_digest != digest:
        raise _refused(
            ConflictReason.IDEMPOTENCY_KEY_REUSED,
            "this Idempotency-Key belongs to another request; use a new one for each",
        )
    if receipt.status == _IN_PROGRESS:
        raise _refused(
            ConflictReason.CHANGED_MEANWHILE,
            "the platform stopped while it carried out the first request with this key; look at what came of it, and use a new key",
        )
    return receipt


def _refused(reason: ConflictReason, detail: str) -> ProblemError:
    return ProblemError(problem(ProblemType.REFUSED, 409, detail, reason=reason.value))


def _hash(*parts: bytes) -> str:
    return hashlib.sha256(b"\0".join(parts)).hexdigest()

"""Asks a recovered service a real question, the way its callers do."""

from __future__ import annotations

from typing import Protocol

from tagent_contract.policy import VerifyRequest


class Verifier(Protocol):
    """Sends a policy's verify request to an instance's address.

    - `ask` returns None when the answer has the wanted status, else one sentence that says what happened instead.
    - It never raises for what the instance does: refused, cut, silent and malformed answers are such sentences.
    - It takes no longer than `timeout_s`, and reads no more than the answer's head.
    - A redirect is an answer, not an instruction.
    """

    async def ask(self, address: str, request: VerifyRequest, timeout_s: float) -> str | None: ...

"""Restart orders: each is carried out once, if the incarnation it names is still the one. Pure."""

from __future__ import annotations

from dataclasses import dataclass

from tagent_contract.plan import RestartOrder
from tagent_contract.reports import AttemptProgress, AttemptState

KEPT_MAX = 16
"""Attempts remembered. An order is read again only while it is the latest, so a few would do."""


@dataclass(slots=True)
class _Attempt:
    state: AttemptState
    at: float
    incarnation: str | None = None
    detail: str = ""


class RestartOrders:
    """What became of the orders this boot has read."""

    def __init__(self) -> None:
        self._attempts: dict[str, _Attempt] = {}

    def accept(self, order: RestartOrder, incarnation: str, now: float) -> bool:
        """Return True when this order is new and is to be carried out now; remember it either way."""
        if order.attempt_id in self._attempts:
            return False
        fits = order.incarnation == incarnation
        self._remember(
            order.attempt_id,
            _Attempt(AttemptState.STOPPING, now)
            if fits
            else _Attempt(
                AttemptState.NOT_THAT_INCARNATION,
                now,
                incarnation,
                f"this is incarnation {incarnation}, not {order.incarnation}",
            ),
        )
        return fits

    def refuse(self, order: RestartOrder, detail: str, now: float) -> None:
        """Remember an order that nothing here can carry out."""
        if order.attempt_id not in self._attempts:
            self._remember(order.attempt_id, _Attempt(AttemptState.UNSUPPORTED, now, detail=detail))

    def started(self, incarnation: str, now: float) -> None:
        """Note that what was being stopped has a successor."""
        self._advance(AttemptState.STOPPING, AttemptState.STARTED, incarnation, now)

    def answered(self, incarnation: str, now: float) -> None:
        """Note that an incarnation passed its first inside check."""
        for attempt in self._attempts.values():
            if attempt.state is AttemptState.STARTED and attempt.incarnation == incarnation:
                attempt.state, attempt.at = AttemptState.ANSWERED, now

    def failed(self, detail: str, now: float) -> None:
        """Note that what was being stopped could not be started again."""
        self._advance(AttemptState.STOPPING, AttemptState.FAILED, None, now, detail)

    def exited(self, incarnation: str, detail: str, now: float) -> None:
        """Note that a successor ended before it had answered."""
        for attempt in self._attempts.values():
            if attempt.state is AttemptState.STARTED and attempt.incarnation == incarnation:
                attempt.state, attempt.at, attempt.detail = AttemptState.FAILED, now, detail

    @property
    def is_stopping(self) -> bool:
        """Return whether an order is being carried out and its successor has not started."""
        return any(a.state is AttemptState.STOPPING for a in self._attempts.values())

    def progress(self, now: float) -> tuple[AttemptProgress, ...]:
        """Return what became of the latest orders, oldest first."""
        return tuple(
            AttemptProgress(
                attempt_id=attempt_id,
                state=attempt.state,
                age_s=max(0.0, now - attempt.at),
                incarnation=attempt.incarnation,
                detail=attempt.detail,
            )
            for attempt_id, attempt in self._attempts.items()
        )

    def _advance(
        self,
        before: AttemptState,
        after: AttemptState,
        incarnation: str | None,
        now: float,
        detail: str = "",
    ) -> None:
        for attempt in self._attempts.values():
            if attempt.state is before:
                attempt.state, attempt.at = after, now
                attempt.incarnation, attempt.detail = incarnation, detail

    def _remember(self, attempt_id: str, attempt: _Attempt) -> None:
        self._attempts[attempt_id] = attempt
        while len(self._attempts) > KEPT_MAX:
            del self._attempts[next(iter(self._attempts))]

"""The exits of one boot, numbered, each with what followed it. Pure."""

from __future__ import annotations

from dataclasses import dataclass

from tagent_contract.reports import ExitSeen, RestartCause

KEPT_MAX = 16
"""Exits that a report carries; the platform knows the earlier ones by their numbers."""


@dataclass(slots=True)
class _Exit:
    number: int
    incarnation: str
    at: float
    status: str
    cause: RestartCause
    restarted_as: str | None = None
    back_ms: float | None = None
    held_until: float | None = None


class ExitLog:
    """What became of each incarnation that ended."""

    def __init__(self) -> None:
        self._exits: list[_Exit] = []
        self._count = 0

    @property
    def count(self) -> int:
        """Return how many exits there were."""
        return self._count

    def exited(self, incarnation: str, status: str, cause: RestartCause, now: float) -> None:
        """Enter an exit."""
        self._count += 1
        self._exits.append(_Exit(self._count, incarnation, now, status, cause))
        del self._exits[:-KEPT_MAX]

    def held(self, until: float | None) -> None:
        """Note until when the latest exit's restart has to wait; None: nobody knows."""
        if self._exits:
            self._exits[-1].held_until = until

    def restarted(self, incarnation: str) -> None:
        """Note the latest exit's successor."""
        if self._exits and self._exits[-1].restarted_as is None:
            self._exits[-1].restarted_as = incarnation
            self._exits[-1].held_until = None

    def answered(self, incarnation: str, now: float) -> None:
        """Note that an incarnation passed its first inside check."""
        for exit_ in self._exits:
            if exit_.restarted_as == incarnation and exit_.back_ms is None:
                exit_.back_ms = max(0.0, now - exit_.at) * 1000

    def seen(self, now: float) -> tuple[ExitSeen, ...]:
        """Return the latest exits, oldest first."""
        return tuple(
            ExitSeen(
                number=exit_.number,
                incarnation=exit_.incarnation,
                age_s=max(0.0, now - exit_.at),
                status=exit_.status,
                cause=exit_.cause,
                restarted_as=exit_.restarted_as,
                back_ms=exit_.back_ms,
                held_until_s=None if exit_.held_until is None else max(0.0, exit_.held_until - now),
            )
            for exit_ in self._exits
        )

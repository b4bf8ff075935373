"""The replicas port in memory: several platforms of one test process, which hear each other at once."""

from __future__ import annotations

from collections.abc import Sequence

from tagent_platform.ports.clock import Clock
from tagent_platform.ports.replicas import Hearsay, Heartbeat


class Meeting:
    """What all of them said last."""

    def __init__(self, clock: Clock) -> None:
        self._clock = clock
        self.said: dict[str, Heartbeat] = {}

    def join(self, name: str) -> MemoryReplicas:
        """Return the port as the process of this name has it."""
        return MemoryReplicas(self, name)

    def take(self, name: str, hearsay: Sequence[Hearsay]) -> None:
        now = self._clock.monotonic()
        self.said[name] = Heartbeat(name, now, now, list(hearsay))


class MemoryReplicas:
    """Keeps the port among those who joined one meeting."""

    def __init__(self, meeting: Meeting, me: str) -> None:
        self._meeting = meeting
        self._me = me

    @property
    def me(self) -> str:
        return self._me

    async def beat(self, hearsay: Sequence[Hearsay]) -> None:
        self._meeting.take(self._me, hearsay)

    def others(self) -> Sequence[Heartbeat]:
        return tuple(beat for name, beat in self._meeting.said.items() if name != self._me)

    async def leave(self) -> None:
        self._meeting.said.pop(self._me, None)

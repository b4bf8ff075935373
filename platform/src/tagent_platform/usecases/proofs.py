"""Which instances have answered their policy's verify request, in memory: after a restart they are asked again."""

from __future__ import annotations

from dataclasses import dataclass

from tagent_platform.core.records import InstanceRecord, instance_key


@dataclass(frozen=True, slots=True)
class Asked:
    """The last time an instance was asked, and what came of it."""

    boot_id: str
    incarnation: str
    at: float
    failure: str | None


class Proofs:
    """The last answer of each instance."""

    def __init__(self) -> None:
        self._asked: dict[str, Asked] = {}

    def note(self, instance: InstanceRecord, now: float, failure: str | None) -> None:
        """Remember what came of asking."""
        asked = Asked(instance.boot_id, instance.incarnation, now, failure)
        self._asked[instance_key(instance.service, instance.name)] = asked

    def last(self, instance: InstanceRecord) -> Asked | None:
        """Return the last answer of this very start of the instance."""
        asked = self._asked.get(instance_key(instance.service, instance.name))
        if asked is None or (asked.boot_id, asked.incarnation) != (
            instance.boot_id,
            instance.incarnation,
        ):
            return None
        return asked

    def is_proven(self, instance: InstanceRecord, since: float) -> bool:
        """Return whether it answered since then, the last time it was asked."""
        asked = self.last(instance)
        return asked is not None and asked.failure is None and asked.at >= since

    def keep(self, keys: set[str]) -> None:
        """Forget everybody else."""
        self._asked = {key: asked for key, asked in self._asked.items() if key in keys}

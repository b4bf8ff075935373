"""Who wins: the versions, sequences and numbers that commits are decided on, before anything is written."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from tagent_contract.events import Event
from tagent_platform.adapters.store.event_tail import number_event
from tagent_platform.core.records import Record
from tagent_platform.ports.store import Change, ConflictError, Guard, NewEvent

Address = tuple[type[Record], str]
"""A record's kind and key."""


@dataclass(frozen=True, slots=True)
class Admitted:
    """A commit that holds as far as versions go, with its number and its numbered events."""

    version: int
    changes: Sequence[Change | Guard]
    events: Sequence[Event]


def refuse_repeated(changes: Sequence[Change | Guard]) -> None:
    """Raise ValueError when a commit writes a record twice, since only one of the two could hold."""
    seen: set[Address] = set()
    for change in changes:
        if isinstance(change, Guard):
            continue
        address = (change.kind, change.key)
        if address in seen:
            raise ValueError(f"one commit writes {change.kind.__name__} {change.key!r} twice")
        seen.add(address)


class Ledger:
    """Admits commits one after the other; those admitted since the last `accept` can be undone together.

    Belongs to whoever writes; it is ahead of the mirror by what is not durable yet.
    """

    def __init__(
        self,
        epoch: str,
        version: int = 0,
        newest_event: int = 0,
        versions: dict[Address, int] | None = None,
        sequences: dict[str, int] | None = None,
    ) -> None:
        self.version = version
        self.newest_event = newest_event
        self._epoch = epoch
        self._versions = {} if versions is None else versions
        self._sequences = {} if sequences is None else sequences
        self._accepted = (version, newest_event)
        self._old_versions: list[tuple[Address, int]] = []
        self._old_sequences: list[tuple[str, int]] = []

    def admit(self, changes: Sequence[Change | Guard], events: Sequence[NewEvent]) -> Admitted:
        """Give a commit and its events their numbers. Raises ConflictError, and has then changed nothing."""
        self._check(changes)
        self.version += 1
        for change in changes:
            if isinstance(change, Change):
                self._set_version(change)
        return Admitted(self.version, changes, [self._number(new) for new in events])

    def accept(self) -> None:
        """Keep all that was admitted: it is durable."""
        self._accepted = (self.version, self.newest_event)
        self._old_versions.clear()
        self._old_sequences.clear()

    def undo(self) -> None:
        """Forget all that was admitted since the last `accept`: it could not be written."""
        self.version, self.newest_event = self._accepted
        for address, version in reversed(self._old_versions):
            self._restore(address, version)
        for service, sequence in reversed(self._old_sequences):
            self._sequences[service] = sequence
        self._old_versions.clear()
        self._old_sequences.clear()

    def _check(self, changes: Sequence[Change | Guard]) -> None:
        for change in changes:
            found = self._versions.get((change.kind, change.key), 0)
            if found != change.expected:
                raise ConflictError(
                    f"{change.kind.__name__} {change.key!r} is at version {found}, "
                    f"the commit expected {change.expected}"
                )

    def _set_version(self, change: Change) -> None:
        address = (change.kind, change.key)
        self._old_versions.append((address, self._versions.get(address, 0)))
        self._restore(address, 0 if change.record is None else self.version)

    def _restore(self, address: Address, version: int) -> None:
        if version == 0:
            self._versions.pop(address, None)
        else:
            self._versions[address] = version

    def _number(self, new: NewEvent) -> Event:
        sequence = self._sequences.get(new.service, 0)
        self._old_sequences.append((new.service, sequence))
        self._sequences[new.service] = sequence + 1
        self.newest_event += 1
        return number_event(new, self._epoch, self.newest_event, sequence + 1)

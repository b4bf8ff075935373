"""The writer's thread: takes the commits that wait, decides them one after the other, writes them in one transaction."""

from __future__ import annotations

import asyncio
import queue
import threading
from collections.abc import Callable, Sequence
from dataclasses import dataclass

from tagent_platform.adapters.store.ledger import Address, Admitted, Ledger
from tagent_platform.adapters.store.sqlite_file import StateFile
from tagent_platform.ports.store import (
    Change,
    ConflictError,
    Guard,
    NewEvent,
    StoreUnavailableError,
)

GROUP_MAX = 1000


@dataclass(frozen=True, slots=True, eq=False)
class Waiting:
    """A commit on its way, and who waits for it."""

    changes: Sequence[Change | Guard]
    events: Sequence[NewEvent]
    bodies: dict[Address, str]
    done: asyncio.Future[int]


Outcome = Admitted | Exception
Publish = Callable[[Sequence[tuple[Waiting, Outcome]]], None]


class GroupWriter:
    """Commits in groups: those that come while the disk is busy share the next transaction, and its one wait for the disk.

    Each keeps its own fate: a conflict fails it alone. When the transaction fails, all of its commits do, and nothing of them stays.
    `publish` is called in the loop with a group's outcomes, in the order of commits.
    """

    def __init__(
        self,
        file: StateFile,
        ledger: Ledger,
        loop: asyncio.AbstractEventLoop,
        publish: Publish,
    ) -> None:
        self._file = file
        self._ledger = ledger
        self._loop = loop
        self._publish = publish
        self._queue: queue.SimpleQueue[Waiting | None] = queue.SimpleQueue()
        self._thread = threading.Thread(target=self._run, name="store-writer", daemon=True)
        self._thread.start()

    def submit(self, waiting: Waiting) -> None:
        """Queue a commit."""
        self._queue.put(waiting)

    def stop(self) -> None:
        """Write what is queued, and end the thread. Waits for the disk."""
        self._queue.put(None)
        self._thread.join()

    def _run(self) -> None:
        stopping = False
        while not stopping:
            group: list[Waiting] = []
            stopping = self._collect(group)
            if group:
                self._tell(self._write(group))

    def _collect(self, group: list[Waiting]) -> bool:
        """Take the first that comes and all that wait behind it. Return whether the end was asked for."""
        item = self._queue.get()
        while item is not None:
            group.append(item)
            if len(group) >= GROUP_MAX or self._queue.empty():
                return False
            item = self._queue.get()
        return True

    def _write(self, group: Sequence[Waiting]) -> list[tuple[Waiting, Outcome]]:
        outcomes: list[tuple[Waiting, Outcome]] = [(one, self._admit(one)) for one in group]
        admitted = [(one, outcome) for one, outcome in outcomes if isinstance(outcome, Admitted)]
        if not admitted:
            return outcomes
        try:
            self._file.write(
                [outcome for _, outcome in admitted], [one.bodies for one, _ in admitted]
            )
        except Exception as error:  # noqa: BLE001  # whatever it is, those who wait must hear of it, and the thread goes on
            self._ledger.undo()
            failure = as_unavailable(error)
            return [(one, failure if isinstance(o, Admitted) else o) for one, o in outcomes]
        self._ledger.accept()
        return outcomes

    def _admit(self, one: Waiting) -> Outcome:
        try:
            return self._ledger.admit(one.changes, one.events)
        except ConflictError as error:
            return error

    def _tell(self, outcomes: Sequence[tuple[Waiting, Outcome]]) -> None:
        try:
            self._loop.call_soon_threadsafe(self._publish, outcomes)
        except RuntimeError:
            # The loop is closed: nobody waits any more, and the next start reads what was written.
            return


def as_unavailable(error: Exception) -> StoreUnavailableError:
    """Return the error as the port names it."""
    if isinstance(error, StoreUnavailableError):
        return error
    unexpected = StoreUnavailableError(f"the store failed: {type(error).__name__}: {error}")
    unexpected.__cause__ = error
    return unexpected

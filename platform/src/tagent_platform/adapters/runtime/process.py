"""Processes beside their sidecars: a restart is an order in the instance's plan, which its sidecar carries out."""

from __future__ import annotations

from collections.abc import Sequence

import msgspec

from tagent_contract.health import Health
from tagent_contract.plan import RestartOrder
from tagent_platform.core.records import InstanceRecord, instance_key
from tagent_platform.core.roll_outs import RollOut
from tagent_platform.ports.runtime import (
    RestartTarget,
    RuntimeCapability,
    RuntimeDescription,
    UnreachableError,
    UnsupportedError,
)
from tagent_platform.ports.series import LogQuery, LogSample
from tagent_platform.ports.store import Change, ConflictError, Store

COMMIT_TRIES = 50

CAPABILITIES = frozenset({RuntimeCapability.RESTART_INSTANCE, RuntimeCapability.RESTART_SERVICE})


class ProcessRuntime:
    """Keeps the runtime port through the store: who is told to restart reads it in the plan.

    All targets of one call are ordered in one commit or none is. A target that is gone, or is another incarnation by now,
    is passed over. StoreUnavailableError goes through.
    """

    def __init__(self, store: Store) -> None:
        self._store = store

    def writing_to(self, store: Store) -> ProcessRuntime:
        """Return the same runtime over another store."""
        return ProcessRuntime(store)

    async def describe(self, service: str) -> RuntimeDescription:
        """Nobody lists processes beside their sidecars, so the instances are unknown."""
        return RuntimeDescription("process", CAPABILITIES, through_sidecar=True)

    async def restart(
        self, targets: Sequence[RestartTarget], attempt_id: str, *, whole_service: bool = False
    ) -> None:
        """Order it of each target; a whole service is its instances."""
        for _ in range(COMMIT_TRIES):
            changes = [
                change
                for target in targets
                if (change := self._order(target, attempt_id)) is not None
            ]
            if not changes:
                return
            try:
                await self._store.commit(changes)
            except ConflictError:
                continue
            return
        raise UnreachableError("the instances' records keep changing; the order was not given")

    def _order(self, target: RestartTarget, attempt_id: str) -> Change | None:
        key = instance_key(target.service, target.instance)
        held = self._store.get(InstanceRecord, key)
        if held is None:
            return None
        record = held.record
        if (record.boot_id, record.incarnation) != (target.boot_id, target.incarnation):
            return None
        if record.restart is not None and record.restart.attempt_id == attempt_id:
            return None
        if not record.supervised:
            raise UnsupportedError(
                f"{key} runs beside its sidecar, not under it, so nobody here can restart it"
            )
        if record.health is Health.OFFLINE:
            raise UnreachableError(f"the sidecar of {key} is out of contact, so nobody can tell it")
        order = RestartOrder(incarnation=target.incarnation, attempt_id=attempt_id)
        return Change(
            InstanceRecord, key, msgspec.structs.replace(record, restart=order), held.version
        )

    async def roll_back(self, service: str, attempt_id: str, *, undo: bool = False) -> None:
        raise UnsupportedError("processes have no earlier revision to roll back to")

    async def follow(
        self, service: str, attempt_id: str = "", roll_out: RollOut | None = None
    ) -> None:
        """Say nothing: processes have no revisions, and how a restart goes is in their reports."""

    async def scale(
        self, service: str, *, instances_min: int | None = None, instances_max: int | None = None
    ) -> None:
        raise UnsupportedError("processes beside their sidecars are not scaled from here")

    async def logs(self, query: LogQuery) -> Sequence[LogSample]:
        raise UnsupportedError("logs of processes come with their sidecars' reports")

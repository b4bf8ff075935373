"""Services on Cloud Run: a restart is a new revision, a roll back is traffic held on an earlier one.

Everything that a restart of this process must not forget is on the service itself, in annotations of our own: under which attempt it was
restarted, and what traffic is held for. So each call looks first, does what is not done yet, and any process can follow it.
An instance whose sidecar is its parent, here or elsewhere, is restarted by its sidecar.
"""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Awaitable, Callable, Mapping, Sequence
from typing import TypeVar

from google.api_core import exceptions as api
from google.auth import exceptions as auth
from google.cloud import run_v2
from google.longrunning import operations_pb2

from tagent_contract.incidents import RollOutState
from tagent_contract.reports import Place
from tagent_platform.adapters.runtime.cloud_run import progress, revisions, traffic
from tagent_platform.adapters.runtime.cloud_run.calls import CloudRunCalls
from tagent_platform.adapters.runtime.cloud_run.failures import NO_ANSWER, failure_of
from tagent_platform.adapters.runtime.cloud_run.log_entries import CloudLogs
from tagent_platform.adapters.runtime.cloud_run.places import Places, RunService, belongs
from tagent_platform.adapters.runtime.process import ProcessRuntime
from tagent_platform.core.records import InstanceRecord, ServiceRecord
from tagent_platform.core.roll_outs import RollBack, RollOut
from tagent_platform.ports.clock import Clock
from tagent_platform.ports.runtime import (
    ChangedMeanwhileError,
    Deployment,
    NoGoodRevisionError,
    RestartTarget,
    RuntimeCapability,
    RuntimeDescription,
    RuntimeFailureError,
    ServiceNotThereError,
    TrafficPinnedError,
    UnsupportedError,
)
from tagent_platform.ports.series import LogQuery, LogSample
from tagent_platform.ports.store import Store

UPDATE_TRIES = 4
UPDATE_PAUSE_S = 0.5

CAPABILITIES = frozenset(
    {
        RuntimeCapability.RESTART_INSTANCE,
        RuntimeCapability.RESTART_SERVICE,
        RuntimeCapability.ROLL_BACK,
        RuntimeCapability.SCALE,
        RuntimeCapability.LOGS,
    }
)

_log = logging.getLogger(__name__)

T = TypeVar("T")


class CloudRunRuntime:
    """Keeps the runtime port for services on Cloud Run, and hands all others to the processes' runtime."""

    def __init__(
        self,
        store: Store,
        calls: CloudRunCalls,
        logs: CloudLogs,
        places: Places,
        clock: Clock,
    ) -> None:
        self._store = store
        self._calls = calls
        self._logs = logs
        self._places = places
        self._clock = clock
        self._processes = ProcessRuntime(store)
        self._reported_at = -1
        self._by_service: dict[str, list[Place]] = {}

    def writing_to(self, store: Store) -> CloudRunRuntime:
        """Return the same runtime over another store; the connections are shared, and the first one's to close."""
        return CloudRunRuntime(store, self._calls, self._logs, self._places, self._clock)

    async def close(self) -> None:
        """Close its connections."""
        await self._calls.close()
        await self._logs.close()

    async def describe(self, service: str) -> RuntimeDescription:
        """Cloud Run lists no instances. A service that is not there is one of processes."""
        try:
            if self._find(service) is None:
                return await self._processes.describe(service)
        except ServiceNotThereError:
            pass
        return RuntimeDescription("cloud_run", CAPABILITIES, through_sidecar=True, rolls_out=True)

    async def restart(
        self, targets: Sequence[RestartTarget], attempt_id: str, *, whole_service: bool = False
    ) -> RollOut | None:
        run_service = self._find(targets[0].service) if whole_service and targets else None
        if run_service is None:
            await self._processes.restart(targets, attempt_id)
            return None
        service = targets[0].service
        act = self._restart(service, run_service, attempt_id)
        return await _failing(run_service, "restart", act)

    async def roll_back(
        self, service: str, attempt_id: str, *, undo: bool = False
    ) -> RollOut | None:
        run_service = self._on_cloud_run(service, "rolled back")
        if undo:
            return await _failing(run_service, "roll back", self._give_back(service, run_service))
        act = self._roll_back(service, run_service, attempt_id)
        return await _failing(run_service, "roll back", act)

    async def follow(
        self, service: str, attempt_id: str = "", roll_out: RollOut | None = None
    ) -> Deployment | None:
        run_service = self._find(service)
        if run_service is None:
            return None
        return await _failing(run_service, "follow", self._follow(run_service, roll_out))

    async def scale(
        self, service: str, *, instances_min: int | None = None, instances_max: int | None = None
    ) -> None:
        run_service = self._on_cloud_run(service, "scaled")

        async def act() -> None:
            found = await self._own(service, run_service)
            await self._calls.update(traffic.scaled(found, instances_min, instances_max))

        await _failing(run_service, "scale", act())

    async def logs(self, query: LogQuery) -> Sequence[LogSample]:
        run_service = self._find(query.service)
        if run_service is None:
            return await self._processes.logs(query)
        act = self._logs.latest(run_service, query)
        return await _failing(run_service, "read the logs of", act)

    # --- which service -------------------------------------------------------------------------------------------

    def _find(self, service: str) -> RunService | None:
        """Return where the service is by what its instances say now; when none is left, by what they said last."""
        reported = self._reported().get(service)
        if reported is None:
            held = self._store.get(ServiceRecord, service)
            reported = [held.record.place] if held is not None and held.record.place else []
        return self._places.find(service, reported)

    def _reported(self) -> Mapping[str, list[Place]]:
        """Return where each service's live instances say that they are; worked out again only when an instance's record changed."""
        newest = self._store.latest.get(InstanceRecord, 0)
        if newest != self._reported_at:
            self._by_service = {}
            for found in self._store.all(InstanceRecord).values():
                instance = found.record
                if not instance.retired:
                    places = self._by_service.setdefault(instance.service, [])
                    places += [instance.place] if instance.place is not None else []
            self._reported_at = newest
        return self._by_service

    def _on_cloud_run(self, service: str, done: str) -> RunService:
        run_service = self._find(service)
        if run_service is None:
            raise UnsupportedError(f"{service} is not on Cloud Run, so it cannot be {done} there")
        return run_service

    async def _own(self, service: str, run_service: RunService) -> run_v2.Service:
        """Return the Cloud Run service as it is now, if it is this service's to change."""
        found = await self._calls.service(run_service.path)
        if not run_service.is_given and not belongs(found, service):
            raise ServiceNotThereError(
                f"Cloud Run service {run_service.path} does not say that it is {service}: set TAGENT_SERVICE={service} in its sidecar "
                "container, or name it in the platform's TAGENT_CLOUD_RUN_SERVICES"
            )
        return found

    # --- restart and roll back -----------------------------------------------------------------------------------

    async def _restart(self, service: str, run_service: RunService, attempt_id: str) -> RollOut:
        def change(found: run_v2.Service) -> run_v2.Service | None:
            if traffic.is_restarted_by(found, attempt_id):
                return None
            _check_may_restart(found, service)
            return traffic.restarted(found, attempt_id, self._clock.now())

        found, operation = await self._update(service, run_service, change)
        before = traffic.short(found.latest_created_revision) if operation else ""
        known = RollOut(
            state=RollOutState.RUNNING,
            text="Cloud Run was asked for a new revision",
            operation=operation,
            replaced=before,
        )
        return known if operation else progress.restart_of(found, known)

    async def _roll_back(self, service: str, run_service: RunService, attempt_id: str) -> RollOut:
        known = await self._calls.revisions(run_service.path)
        hold: RollBack | None = None

        def change(found: run_v2.Service) -> run_v2.Service | None:
            nonlocal hold
            hold = traffic.held(found)
            if hold is not None and hold.attempt_id == attempt_id:
                return None
            hold = self._choose(service, found, known, attempt_id)
            return traffic.holding(found, hold)

        found, operation = await self._update(service, run_service, change)
        if hold is None:
            raise AssertionError("an update decides on a hold")
        begun = RollOut(
            state=RollOutState.RUNNING,
            text=f"Cloud Run was asked to send all traffic to revision {hold.revision}",
            revision=hold.revision,
            operation=operation,
            replaced=hold.replaced,
        )
        return begun if operation else progress.roll_back_of(found, begun)

    def _choose(
        self,
        service: str,
        found: run_v2.Service,
        known: Sequence[run_v2.Revision],
        attempt_id: str,
    ) -> RollBack:
        sick = traffic.serving(found)
        held = self._store.get(ServiceRecord, service)
        good = held.record.good_revisions if held is not None else ()
        revision = revisions.last_good(known, sick, good)
        names = " and ".join(sorted(sick)) or "what serves now"
        if revision is None:
            raise NoGoodRevisionError(
                f"{service} has no earlier revision to roll back to: none with another configuration than {names} was ever ready"
            )
        return RollBack(
            attempt_id=attempt_id, revision=revision, replaced=names, at=self._clock.now()
        )

    async def _give_back(self, service: str, run_service: RunService) -> None:
        def change(found: run_v2.Service) -> run_v2.Service | None:
            return None if traffic.held(found) is None else traffic.given_back(found)

        await self._update(service, run_service, change)

    async def _update(
        self,
        service: str,
        run_service: RunService,
        change: Callable[[run_v2.Service], run_v2.Service | None],
    ) -> tuple[run_v2.Service, str]:
        """Read, decide, update; look again after a conflict or a lost answer. Return what was decided on, and the operation if there is one."""
        for tries_left in reversed(range(UPDATE_TRIES)):
            found = await self._own(service, run_service)
            wanted = change(found)
            if wanted is None:
                return found, ""
            try:
                return found, await self._calls.update(wanted)
            except (api.Aborted, TimeoutError, *NO_ANSWER) as error:
                if not tries_left:
                    raise
                _log.info(
                    "Cloud Run gave no answer to use, so %s is looked at again: %s", service, error
                )
            await asyncio.sleep(UPDATE_PAUSE_S)
        raise AssertionError("the last try returns or raises")

    # --- following -----------------------------------------------------------------------------------------------

    async def _follow(self, run_service: RunService, roll_out: RollOut | None) -> Deployment:
        found = await self._calls.service(run_service.path)
        hold = traffic.held(found)
        moved = None
        if roll_out is not None:
            operation = await self._operation(roll_out.operation)
            # A roll back's revision has its name from the beginning, a restart's never has.
            is_roll_back = hold is not None and roll_out.revision == hold.revision
            moved = (
                progress.roll_back_of(found, roll_out, operation)
                if is_roll_back
                else progress.restart_of(found, roll_out, operation)
            )
        mended_by = ""
        if hold is not None and roll_out is None:
            mended_by = await self._mended_by(run_service, found, hold)
        return Deployment(traffic.current(found), moved, hold, mended_by)

    async def _mended_by(
        self, run_service: RunService, found: run_v2.Service, hold: RollBack
    ) -> str:
        newest = traffic.short(found.latest_created_revision)
        is_new = newest not in hold.replaced.split(" and ") and newest != hold.revision
        if found.reconciling or not is_new or not traffic.may_be_given_back(found):
            return ""
        known = await self._calls.revisions(run_service.path)
        return newest if revisions.is_mended(known, newest, hold.replaced) else ""

    async def _operation(self, name: str) -> operations_pb2.Operation | None:
        """Return the operation, None when nobody knows it any more or the platform may not read it: the service tells as well."""
        if not name:
            return None
        try:
            return await self._calls.operation(name)
        except (api.NotFound, api.PermissionDenied):
            return None


def _check_may_restart(found: run_v2.Service, service: str) -> None:
    hold = traffic.held(found)
    if hold is not None:
        raise TrafficPinnedError(
            f"a restart of {service} would change nothing: its traffic is held on revision {hold.revision} since it was rolled back from "
            f"{hold.replaced}; deploy a mended revision, which traffic follows by itself, or give it back with "
            f"`gcloud run services update-traffic {traffic.short(found.name)} --to-latest`"
        )
    if not traffic.follows_latest(found):
        raise TrafficPinnedError(
            f"a restart of {service} would not reach its callers: its traffic is pinned ({traffic.pinned_text(found)}); let it follow the "
            f"newest revision with `gcloud run services update-traffic {traffic.short(found.name)} --to-latest`"
        )
    if found.reconciling:
        raise ChangedMeanwhileError(
            f"a roll-out of {service} is under way already, by {found.last_modifier or 'somebody else'}; a restart waits for its end"
        )


async def _failing(run_service: RunService, doing: str, act: Awaitable[T]) -> T:
    """Return what `act` returns; what goes wrong in it becomes one of the port's errors."""
    try:
        return await act
    except RuntimeFailureError:
        raise
    except (api.GoogleAPIError, auth.GoogleAuthError, OSError) as error:
        raise failure_of(error, run_service, doing) from error

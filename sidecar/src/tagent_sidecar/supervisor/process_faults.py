"""Carries out the faults that act on the process or the machine: `crash`, `hang`, `cpu`, `memory`."""

from __future__ import annotations

import asyncio
import os
import sys
import time
from collections.abc import Callable, Coroutine, Mapping
from contextlib import suppress
from typing import Any, Protocol

from tagent_contract.faults import Cpu, Crash, Fault, Hang, Memory
from tagent_sidecar.supervisor.capabilities import ProcessFaultGround, process_capabilities
from tagent_sidecar.supervisor.effects import Effect, EffectError
from tagent_sidecar.supervisor.exit_watch import open_pidfd
from tagent_sidecar.supervisor.processes import Processes
from tagent_sidecar.supervisor.service import Service
from tagent_sidecar.supervisor.signals import crash, hang
from tagent_sidecar.supervisor.stress import burn_cpu, hold_memory


class ProcessFaultListener(Protocol):
    """Who is told what became of a fault. Called on the event loop; must not raise."""

    def process_fault_done(self, fault_id: str) -> None:
        """Take in that the fault is in force (a crash: was done)."""

    def process_fault_failed(self, fault_id: str, detail: str) -> None:
        """Take in that it could not be applied, or ended before its time; `detail` is one line for people."""


class ProcessFaults:
    """The process faults in force. One a sidecar, on its event loop."""

    def __init__(
        self,
        service: Service,
        processes: Processes,
        listener: ProcessFaultListener,
        environment: Mapping[str, str],
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self._service = service
        self._processes = processes
        self._listener = listener
        self._environment = environment
        self._clock = clock
        self._tasks: dict[str, asyncio.Task[None]] = {}
        self._ending: set[asyncio.Task[None]] = set()

    def start(self, fault_id: str, fault: Fault, until: float) -> None:
        """Apply a fault until then (monotonic); the listener hears how that went. A second start replaces the first."""
        self.stop(fault_id)
        self._tasks[fault_id] = asyncio.get_running_loop().create_task(
            self._hold(fault_id, fault, until), name=f"process fault {fault_id}"
        )

    def stop(self, fault_id: str) -> None:
        """End a fault's effect. Harmless when it has none."""
        task = self._tasks.pop(fault_id, None)
        if task is None or task.done():
            return
        task.cancel()
        self._ending.add(task)
        task.add_done_callback(self._ending.discard)

    async def close(self) -> None:
        """End all effects, and return when they are ended. Idempotent."""
        for fault_id in list(self._tasks):
            self.stop(fault_id)
        while self._ending:
            await asyncio.wait(self._ending)

    async def _hold(self, fault_id: str, fault: Fault, until: float) -> None:
        """Bring the effect about, keep it until its time is over or it is cancelled, and take it back."""
        try:
            effect = await self._apply(fault_id, fault, until - self._clock())
        except EffectError as error:
            self._listener.process_fault_failed(fault_id, str(error))
            return
        self._listener.process_fault_done(fault_id)
        if effect is None:
            return
        try:
            async with asyncio.timeout(max(0.0, until - self._clock())):
                detail = await effect.broke()
        except TimeoutError:
            return
        finally:
            effect.end()
        self._listener.process_fault_failed(fault_id, detail)

    def _apply(
        self, fault_id: str, fault: Fault, ttl_s: float
    ) -> Coroutine[Any, Any, Effect | None]:
        match fault:
            case Crash():
                return crash(fault_id, fault, self._service)
            case Hang():
                return hang(self._service, self._processes, self._environment, ttl_s)
            case Cpu():
                return burn_cpu(fault, self._processes, self._environment, ttl_s)
            case Memory():
                return hold_memory(fault, self._processes, self._environment, ttl_s)
            case _:
                raise ValueError(f"{type(fault).__name__} is not a process fault")


def capabilities(
    *, is_child: bool, has_pid_file: bool, is_cloud_run: bool = False
) -> tuple[tuple[str, ...], dict[str, str]]:
    """Return the process faults that can be applied here, and for each of the others why not."""
    pidfd = open_pidfd(os.getpid())
    if pidfd is not None:
        with suppress(OSError):
            os.close(pidfd)
    return process_capabilities(
        ProcessFaultGround(
            is_linux=sys.platform == "linux",
            has_pidfd=pidfd is not None,
            is_child=is_child,
            has_pid_file=has_pid_file,
            is_cloud_run=is_cloud_run,
        )
    )

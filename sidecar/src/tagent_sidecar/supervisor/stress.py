"""The faults that take from the machine: `cpu` and `memory`, by processes of ours beside the service."""

from __future__ import annotations

import asyncio
import os
from collections.abc import Mapping

from tagent_contract.faults import Cpu, Memory
from tagent_sidecar.supervisor.beside_process import BesideProcess, start_beside
from tagent_sidecar.supervisor.effects import EffectError
from tagent_sidecar.supervisor.process_figures import memory_free_bytes
from tagent_sidecar.supervisor.processes import Processes

MIB = 2**20


class _Burners:
    """Several processes as one effect: it is broken when the first of them is."""

    def __init__(self, burners: list[BesideProcess]) -> None:
        self._burners = burners

    async def broke(self) -> str:
        waiting = [asyncio.ensure_future(burner.broke()) for burner in self._burners]
        try:
            done, _ = await asyncio.wait(waiting, return_when=asyncio.FIRST_COMPLETED)
            return next(iter(done)).result()
        finally:
            for task in waiting:
                task.cancel()

    def end(self) -> None:
        for burner in self._burners:
            burner.end()


def cores() -> int:
    """Return how many cores this process may run on."""
    if hasattr(os, "sched_getaffinity"):
        return len(os.sched_getaffinity(0))
    return os.cpu_count() or 1


async def burn_cpu(
    fault: Cpu, processes: Processes, environment: Mapping[str, str], ttl_s: float
) -> _Burners:
    """Burn on as many cores as asked for, at most on all there are. Raises EffectError."""
    burners: list[BesideProcess] = []
    words = [str(fault.load_ratio), str(ttl_s)]
    try:
        for _ in range(min(fault.workers, cores())):
            burners.append(await start_beside("burn_cpu", words, processes, environment))  # noqa: PERF401 - what was started has to be ended when the next cannot
    except BaseException:
        _Burners(burners).end()
        raise
    return _Burners(burners)


async def hold_memory(
    fault: Memory, processes: Processes, environment: Mapping[str, str], ttl_s: float
) -> BesideProcess:
    """Hold as much memory as asked for; refused when that is over half of what is free. Raises EffectError."""
    free = memory_free_bytes()
    if free is None:
        raise EffectError("nobody knows how much memory is free")
    if fault.bytes > free // 2:
        raise EffectError(
            f"{fault.bytes // MIB} MiB is more than half of the {free // MIB} MiB that are free"
        )
    words = [str(fault.bytes), str(ttl_s)]
    return await start_beside("hold_memory", words, processes, environment)

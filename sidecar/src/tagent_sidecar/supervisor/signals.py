"""The faults that are signals: `crash` and `hang`."""

from __future__ import annotations

import asyncio
import os
import signal
from collections.abc import Mapping
from contextlib import suppress

from tagent_contract.faults import Crash
from tagent_sidecar.supervisor.beside_process import BesideProcess, start_program, wait_ready
from tagent_sidecar.supervisor.effects import Effect, EffectError
from tagent_sidecar.supervisor.exit_watch import open_pidfd
from tagent_sidecar.supervisor.proc import family_of
from tagent_sidecar.supervisor.processes import Processes
from tagent_sidecar.supervisor.service import ProcessTarget, Service


def send(target: ProcessTarget, number: int) -> None:
    """Signal the target, and never another that got its number. Raises EffectError."""
    try:
        if target.pidfd is not None:
            signal.pidfd_send_signal(target.pidfd, number)
        elif target.is_child:  # Not reaped as long as it is our target, so the number is its own.
            os.kill(target.pid, number)
        else:
            raise EffectError("this system cannot signal a process that is not our child safely")
    except ProcessLookupError as error:
        raise EffectError("the service's process is gone") from error
    except OSError as error:
        raise EffectError(f"cannot signal process {target.pid}: {error.strerror}") from error


async def crash(fault_id: str, fault: Crash, service: Service) -> None:
    """Send the signal. Raises EffectError."""
    send(_running(service), signal.Signals[f"SIG{fault.signal}"])
    service.crashed_by(fault_id)


async def hang(
    service: Service, processes: Processes, environment: Mapping[str, str], ttl_s: float
) -> Effect:
    """Stop the service and all it started until the effect is ended. Raises EffectError."""
    target = _running(service)
    if target.is_child:
        # A child dies with us, so nobody need watch over it.
        return _StoppedChild(service, target)
    return await _stop_foreign(target, processes, environment, ttl_s)


def _running(service: Service) -> ProcessTarget:
    target = service.target
    if target is None:
        raise EffectError("the service's process is not running, or nobody knows which it is")
    return target


class _StoppedChild:
    """Our child's process group in SIGSTOP, as long as it is the same child."""

    def __init__(self, service: Service, target: ProcessTarget) -> None:
        self._service = service
        self._target = target
        self._signal(signal.SIGSTOP)

    async def broke(self) -> str:
        # When it is restarted the fault's incarnation has ended, which the engine knows.
        await asyncio.get_running_loop().create_future()
        raise AssertionError

    def end(self) -> None:
        if self._service.target == self._target:
            self._signal(signal.SIGCONT)

    def _signal(self, number: int) -> None:
        try:
            os.killpg(self._target.pid, number)
        except OSError as error:
            if number == signal.SIGSTOP:
                raise EffectError(
                    f"cannot stop process {self._target.pid}: {error.strerror}"
                ) from error


class _StoppedForeign:
    """Foreign processes that a guard holds in SIGSTOP."""

    def __init__(self, guard: BesideProcess, held_end: int, pinned: list[int]) -> None:
        self._guard = guard
        self._held_end = held_end
        self._pinned = pinned

    async def broke(self) -> str:
        return await self._guard.broke()

    def end(self) -> None:
        # The guard does it when its input closes; we do it too, since it may be the guard that is gone.
        os.close(self._held_end)
        _let_run(self._pinned)


async def _stop_foreign(
    target: ProcessTarget,
    processes: Processes,
    environment: Mapping[str, str],
    ttl_s: float,
) -> Effect:
    send(target, 0)
    pinned = _pin_family(target)
    given_end, held_end = os.pipe()
    reading_end, writing_end = os.pipe()
    to_close = [given_end, reading_end, writing_end]
    try:
        process = start_program(
            "guard",
            [str(ttl_s), *map(str, pinned)],
            processes,
            environment,
            stdin=given_end,
            stdout=writing_end,
            pass_fds=pinned,
            leashed=False,
        )
        os.close(to_close.pop())  # So that the guard's end is seen as the end of what it says.
        guard = BesideProcess(process, "guard")
        await wait_ready(reading_end, guard)
    except BaseException:
        os.close(held_end)
        _let_run(pinned)
        raise
    finally:
        for descriptor in to_close:
            os.close(descriptor)
    return _StoppedForeign(guard, held_end, pinned)


def _pin_family(target: ProcessTarget) -> list[int]:
    """Return descriptors of the target and of its descendants, but not of ourselves, should we be one."""
    pinned = [os.dup(target.pidfd)] if target.pidfd is not None else []
    family = family_of(target.pid)
    ourselves = family_of(os.getpid()) if os.getpid() in family else []
    for pid in family[1:]:
        pidfd = None if pid in ourselves else open_pidfd(pid)
        if pidfd is not None:
            pinned.append(pidfd)
    return pinned


def _let_run(pinned: list[int]) -> None:
    for descriptor in pinned:
        with suppress(OSError):
            signal.pidfd_send_signal(descriptor, signal.SIGCONT)
        os.close(descriptor)

"""The sidecar as a whole: it takes its port, runs its parts until it is asked to end or one of them fails, and ends in order.

Every background part is a task of one group. Whatever ends the group (a signal, or a failure that nobody foresaw), the
faults end first, then callers are let go, then the service is stopped, and the platform is told last.
"""

from __future__ import annotations

import asyncio
import gc
import logging
import os
import signal
from collections.abc import Awaitable, Callable, Coroutine
from contextlib import suppress
from random import Random
from typing import Any

import msgspec

from tagent_contract.faults import EndReason
from tagent_sidecar.cpu_gaps import watch_cpu_gaps
from tagent_sidecar.instance_name import find_instance_name
from tagent_sidecar.json_log import JsonFormatter
from tagent_sidecar.metadata_server import MetadataServer
from tagent_sidecar.option_values import HostPort
from tagent_sidecar.options import Options
from tagent_sidecar.parts import Core, Found, Parts, make_core, make_parts, new_boot_id
from tagent_sidecar.place import find_place

log = logging.getLogger("tagent_sidecar")

SIGNALS = (signal.SIGTERM, signal.SIGINT, signal.SIGHUP)
STOP_BEFORE_GOODBYE_S = 1.0
"""How long the goodbye waits for the service to stop, so that it can tell; a supervisor of ours may not wait long."""

CLOUD_RUN_PATIENCE_S = 6.0
"""There SIGKILL follows SIGTERM after 10 s: what is not drained or stopped by then is cut, so that the goodbye still goes out."""


class StartError(Exception):
    """The sidecar cannot start; the text is one sentence for a person."""


class Sidecar:
    """One run of a sidecar."""

    def __init__(
        self,
        options: Options,
        wall_clock: Callable[[], float],
        random: Random,
        log_lines: JsonFormatter,
    ) -> None:
        """Open nothing yet. What is found out about ourselves is put into `log_lines`."""
        self._options = options
        self._wall_clock = wall_clock
        self._random = random
        self._log_lines = log_lines
        self._end_asked = asyncio.Event()
        self._is_hurried = False
        self._patience: asyncio.Timeout | None = None
        self._background: list[asyncio.Task[None]] = []

    async def run(self) -> int:
        """Run until a signal or a failure; return the exit code. Raises StartError."""
        loop = asyncio.get_running_loop()
        for number in SIGNALS:
            loop.add_signal_handler(number, self._asked_to_end, number)
        parts = await self._start()
        code = 0
        try:
            async with asyncio.TaskGroup() as group:
                for name, work in _background(parts, self._options):
                    self._background.append(group.create_task(work, name=name))
                await self._end_asked.wait()
                await self._wind_down(parts)
        except* Exception:
            log.exception("the sidecar ends, since a part of it failed")
            code = 1
        finally:
            code = max(code, await self._end(parts))
        log.info("ended")
        return code

    async def _start(self) -> Parts:
        core = make_core(self._options)
        place = self._options.listen
        try:
            await core.proxy.start()
        except OSError as error:
            raise StartError(
                f"cannot listen on {place.text} (--listen): {reason(error)}"
            ) from error
        parts = await self._start_around(core)
        log.info(
            "callers connect at %s, the service is at %s",
            HostPort(*core.proxy.address).text,
            self._options.target.text,
        )
        if parts.admin is not None:
            log.info("admin port: http://%s", HostPort(parts.admin.host, parts.admin.port).text)
        # What is made by now stays until the end: the collector need not look at it again and again.
        gc.collect()
        gc.freeze()
        return parts

    async def _start_around(self, core: Core) -> Parts:
        options = self._options
        metadata = MetadataServer(options.surroundings.metadata_host)
        instance = options.instance or await find_instance_name(
            options.surroundings, metadata, options.service, core.proxy.address[1]
        )
        place = await find_place(options.surroundings, metadata)
        found = Found(instance, new_boot_id(), place)
        self._log_lines.fields.update(instance=instance, boot_id=found.boot_id)
        parts = make_parts(options, core, found, self._wall_clock, self._random)
        if parts.admin is not None:
            try:
                await parts.admin.start()
            except OSError as error:
                await core.proxy.stop(0)
                where = options.admin.text if options.admin else ""
                raise StartError(f"cannot listen on {where} (--admin): {reason(error)}") from error
        await parts.service.start()
        return parts

    def _asked_to_end(self, number: int) -> None:
        if self._end_asked.is_set():
            log.warning("asked again to end (%s): hurrying", signal.Signals(number).name)
            self._hurry()
            return
        log.info("asked to end (%s)", signal.Signals(number).name)
        self._end_asked.set()
        if self._options.surroundings.is_cloud_run:
            asyncio.get_running_loop().call_later(CLOUD_RUN_PATIENCE_S, self._hurry)

    def _hurry(self) -> None:
        self._is_hurried = True
        if self._patience is not None:
            self._patience.reschedule(asyncio.get_running_loop().time())

    async def _wind_down(self, parts: Parts) -> None:
        """End in order, while reports still go out."""
        parts.orders.end_all(EndReason.SIDECAR_STOPPED)
        await self._patiently(parts.core.proxy.stop(self._options.drain_timeout_s))
        for task in self._background:
            task.cancel()

    async def _end(self, parts: Parts) -> int:
        """Bring to an end whatever is left, whatever of it fails; return the exit code for that."""
        code = 0
        for step in (self._end_faults, self._let_callers_go, self._stop_and_say_goodbye):
            try:
                await step(parts)
            except Exception:
                log.exception("the end is not as it should be")
                code = 1
        return code

    async def _end_faults(self, parts: Parts) -> None:
        parts.orders.end_all(EndReason.SIDECAR_STOPPED)
        parts.orders.close()
        await parts.process_faults.close()

    async def _let_callers_go(self, parts: Parts) -> None:
        await parts.core.proxy.stop(0)
        if parts.admin is not None:
            await parts.admin.stop()

    async def _stop_and_say_goodbye(self, parts: Parts) -> None:
        stopping = asyncio.get_running_loop().create_task(
            self._stop_service(parts), name="stop the service"
        )
        await asyncio.wait({stopping}, timeout=STOP_BEFORE_GOODBYE_S)
        try:
            if parts.link is not None:
                parts.cutter.cut()
                await parts.link.reporter.say_goodbye()
                for client in parts.link.clients:
                    await client.close()
        finally:
            await stopping

    async def _stop_service(self, parts: Parts) -> None:
        await self._patiently(parts.service.stop())
        if self._is_hurried:
            policy = msgspec.structs.replace(self._options.policy.restart, stop_grace_s=0)
            parts.service.apply_policy(policy, self._options.mode)
            await parts.service.stop()

    async def _patiently(self, ending: Awaitable[None]) -> None:
        """Wait for something to end, until we are told to hurry."""
        with suppress(TimeoutError):
            async with asyncio.timeout(0 if self._is_hurried else None) as self._patience:
                await ending


def _background(parts: Parts, options: Options) -> list[tuple[str, Coroutine[Any, Any, None]]]:
    changed = parts.link.reporter.changed if parts.link else lambda: None

    def window_cut() -> None:
        parts.orders.expire()
        changed()

    work = [
        ("health checks", parts.watch.run()),
        ("windows", parts.cutter.run(options.link.report_interval_s, window_cut)),
    ]
    if options.surroundings.is_cloud_run:
        work.append(("CPU gaps", watch_cpu_gaps()))
    if parts.link is not None:
        work += [("reports", parts.link.reporter.run()), ("plan", parts.link.poll.run())]
    return work


def reason(error: OSError) -> str:
    """Return why, in the system's words, without its number."""
    # asyncio writes a sentence of its own over the system's.
    text = os.strerror(error.errno) if error.errno and error.errno > 0 else str(error)
    return text[:1].lower() + text[1:]

"""Puts the platform together, serves, and takes it apart in order: the only file that names concrete adapters."""

from __future__ import annotations

import asyncio
import errno
import logging
import resource
import secrets
import signal
import socket
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass, replace
from typing import Any

from tagent_contract.events import EventType
from tagent_platform.adapters.clock.system import SystemClock
from tagent_platform.adapters.notifier.webhook import WebhookNotifier
from tagent_platform.adapters.runtime.process import ProcessRuntime
from tagent_platform.adapters.series.flusher import SeriesLimits
from tagent_platform.adapters.series.prometheus import PrometheusSeries
from tagent_platform.adapters.series.sqlite import SqliteSeries
from tagent_platform.adapters.store.fenced import FencedStore
from tagent_platform.adapters.store.memory import MemoryStore
from tagent_platform.adapters.store.sqlite import SqliteStore
from tagent_platform.adapters.token_files import read_or_make_tokens
from tagent_platform.adapters.verifier.http import HttpVerifier
from tagent_platform.api.app import build_app, new_context
from tagent_platform.api.server import BACKLOG, PlatformServer
from tagent_platform.core.records import PEOPLE
from tagent_platform.loop import ControlLoop
from tagent_platform.ports.clock import Clock
from tagent_platform.ports.replicas import Replicas
from tagent_platform.ports.runtime import Runtime
from tagent_platform.ports.store import NewEvent, Operations, Store, StoreUnavailableError
from tagent_platform.settings import Settings, variable
from tagent_platform.usecases.confirm_store import confirm_store
from tagent_platform.usecases.lead import give_up_lead
from tagent_platform.usecases.let_in_people import CONFIGURED, LOCAL, let_in_people
from tagent_platform.usecases.platform import PLATFORM, Platform, assemble

FIRESTORE_EVENTS_MAX = 10_000
"""Each process holds them in memory, and reads them when it starts."""
DESCRIPTORS_KEPT = 256
"""For files and outgoing connections, whatever callers take."""


_log = logging.getLogger(__name__)


class StartError(Exception):
    """The platform cannot start; one sentence that says why and what to do."""


async def serve(settings: Settings) -> None:
    """Serve until SIGTERM or SIGINT. Raises StartError; an ExceptionGroup when a part of it failed."""
    listener = _listen(settings)
    with listener:
        async with _ports(settings) as platform:
            await _let_in_people(settings, platform)
            await confirm_store(platform)
            await _serve(settings, platform, listener)


async def _serve(settings: Settings, platform: Platform, listener: socket.socket) -> None:
    context = new_context(platform, settings.request_limits, _connections_max(settings))
    app = build_app(context)
    server = PlatformServer(
        app.asgi, app.eager, context.guard, context.stopping, settings.stop_within_s
    )
    loop = ControlLoop(platform, settings.loop, acting=_fenced(platform))
    context.readiness.loop_ticked = lambda: loop.ticked_monotonic
    _stop_on_signals(server)
    host, port = listener.getsockname()[:2]
    started = f"serving on http://{host}:{port}, documented at http://{host}:{port}/docs"
    await _note_start(platform, started)
    _log.info(started)
    async with asyncio.TaskGroup() as group:
        parts = [
            group.create_task(_keep_confirming(platform), name="confirm the store"),
            group.create_task(loop.run(), name="control loop"),
        ]
        await server.serve_on(listener)
        context.readiness.is_stopping = True
        for part in parts:
            part.cancel()
    await give_up_lead(platform)
    _log.info("stopped")


def _fenced(platform: Platform) -> Platform:
    """Return the platform as the loop gets it: what it writes is refused once another process leads."""
    if platform.replicas is None:
        return platform
    store = FencedStore(platform.store, platform.replicas.me)
    runtime: Any = platform.runtime
    return replace(platform, store=store, runtime=runtime.writing_to(store))


@asynccontextmanager
async def _ports(settings: Settings) -> AsyncIterator[Platform]:
    clock = SystemClock()
    try:
        settings.home.mkdir(mode=0o700, parents=True, exist_ok=True)
    except OSError as error:
        raise StartError(
            f"cannot make {settings.home}: {error.strerror}; choose another with --home or {variable('home')}"
        ) from error
    async with AsyncExitStack() as opened:
        memory = await _open_memory(settings, clock, opened)
        store = memory.store
        series = await _open_series(settings, clock, opened)
        notifier = None
        if settings.webhook_url:
            notifier = WebhookNotifier(settings.webhook_url, settings.webhook_secret, clock)
            opened.push_async_callback(notifier.close)
        runtime = await _open_runtime(settings, store, clock, opened)
        assembled = assemble(
            store=store,
            series=series,
            runtime=runtime,
            clock=clock,
            limits=settings.limits,
        )
        yield replace(
            assembled,
            notifier=notifier,
            verifier=HttpVerifier(),
            replicas=memory.replicas,
            operations=memory.operations,
        )


@dataclass(frozen=True, slots=True)
class _Memory:
    """The store, and what comes with one that several processes share."""

    store: Store
    replicas: Replicas | None = None
    operations: Operations | None = None


async def _open_memory(settings: Settings, clock: SystemClock, opened: AsyncExitStack) -> _Memory:
    if settings.store == "memory":
        return _Memory(MemoryStore(events_max=settings.events_kept))
    try:
        if settings.store == "firestore":
            return await _open_firestore(settings, clock, opened)
        store = SqliteStore(settings.home / "state.db", events_max=settings.events_kept)
    except StoreUnavailableError as error:
        raise StartError(str(error)) from error
    opened.push_async_callback(store.close)
    return _Memory(store)


async def _open_firestore(
    settings: Settings, clock: SystemClock, opened: AsyncExitStack
) -> _Memory:
    # Google's client costs 0.4 s and 30 MB to import, which those who keep their state elsewhere should not pay.
    from tagent_platform.adapters.store.firestore.opening import Place, open_firestore

    name = settings.replica or socket.gethostname()
    store, replicas, close = await open_firestore(
        Place(
            project=settings.firestore_project,
            database=settings.firestore_database,
            emulator=settings.firestore_emulator,
            timeout_s=settings.firestore_timeout_s,
        ),
        replica=f"{name[:40]}-{secrets.token_hex(3)}",
        clock=clock,
        events_max=min(settings.events_kept, FIRESTORE_EVENTS_MAX),
    )
    opened.push_async_callback(close)
    return _Memory(store, replicas, store.operations)


async def _open_series(
    settings: Settings, clock: SystemClock, opened: AsyncExitStack
) -> SqliteSeries | PrometheusSeries:
    """Open the series; with an engine the file holds log lines alone."""
    in_file = SqliteSeries(settings.home / "series.db", clock, _series_limits(settings))
    opened.push_async_callback(in_file.close)
    if settings.series != "prometheus":
        if settings.store == "firestore":
            _log.warning(
                "charts show only what this process of the platform heard; for those of all of them set %s=prometheus",
                variable("series"),
            )
        return in_file
    in_engine = PrometheusSeries(settings.prometheus, in_file, clock)
    opened.push_async_callback(in_engine.close)
    await in_engine.load()
    return in_engine


async def _open_runtime(
    settings: Settings, store: Store, clock: Clock, opened: AsyncExitStack
) -> Runtime:
    if settings.runtime == "process":
        return ProcessRuntime(store)
    # Google's libraries take memory and half a second, which nobody else should pay for.
    from tagent_platform.adapters.runtime.cloud_run.opening import OpeningError, open_cloud_run

    try:
        runtime = await open_cloud_run(
            store,
            clock,
            project=settings.cloud_run_project,
            region=settings.cloud_run_region,
            mapping=settings.cloud_run_services,
            endpoint=settings.cloud_run_endpoint,
        )
    except OpeningError as error:
        raise StartError(str(error)) from error
    opened.push_async_callback(runtime.close)
    return runtime


def _series_limits(settings: Settings) -> SeriesLimits:
    return SeriesLimits(
        raw_s=settings.raw_series_kept_s,
        minutes_s=settings.minute_series_kept_s,
        logs_s=settings.logs_kept_s,
    )


def _listen(settings: Settings) -> socket.socket:
    family = socket.AF_INET6 if ":" in settings.host else socket.AF_INET
    try:
        return socket.create_server((settings.host, settings.port), family=family, backlog=BACKLOG)
    except OSError as error:
        where = f"{settings.host}:{settings.port}"
        if error.errno == errno.EADDRINUSE:
            text = f"port {settings.port} on {settings.host} is taken; choose another with --port or {variable('port')}"
        else:
            text = f"cannot serve on {where} ({error.strerror}); see --host and --port"
        raise StartError(text) from error


def _connections_max(settings: Settings) -> int:
    """Take as many descriptors as the machine lets us have, and keep some for ourselves."""
    _, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    wanted = settings.request_limits.connections_max + DESCRIPTORS_KEPT
    soft = wanted if hard == resource.RLIM_INFINITY else min(wanted, hard)
    current, _ = resource.getrlimit(resource.RLIMIT_NOFILE)
    if soft > current:
        resource.setrlimit(resource.RLIMIT_NOFILE, (soft, hard))
    return max(
        1, min(settings.request_limits.connections_max, max(soft, current) - DESCRIPTORS_KEPT)
    )


def _stop_on_signals(server: PlatformServer) -> None:
    loop = asyncio.get_running_loop()

    def stop() -> None:
        # The second time means: at once.
        server.force_exit = server.should_exit
        server.should_exit = True

    for number in (signal.SIGTERM, signal.SIGINT):
        loop.add_signal_handler(number, stop)


async def _let_in_people(settings: Settings, platform: Platform) -> None:
    """Let in those whom the settings or this machine's files name. Raises StartError."""
    try:
        tokens = settings.tokens or read_or_make_tokens(settings.home / "tokens", PEOPLE)
    except OSError as error:
        raise StartError(f"cannot keep tokens in {settings.home / 'tokens'}: {error}") from error
    try:
        await let_in_people(
            platform, tokens=tokens, origin=CONFIGURED if settings.tokens else LOCAL
        )
    except StoreUnavailableError as error:
        raise StartError(f"people's tokens cannot be kept: {error}") from error


async def _note_start(platform: Platform, text: str) -> None:
    started = NewEvent("", platform.clock.now(), EventType.PLATFORM_STARTED, text, PLATFORM.name)
    try:
        await platform.store.commit([], [started])
    except StoreUnavailableError as error:
        # Tokens are in the store already: a disk that is full now must not keep the platform from watching.
        _log.warning("the start is not in the event log: %s", error)


async def _keep_confirming(platform: Platform) -> None:
    limits = platform.limits
    alone = platform.replicas is None
    interval_s = limits.confirm_interval_s if alone else limits.replica_heartbeat_interval_s
    while True:
        began = platform.clock.monotonic()
        was_confirmed = await confirm_store(platform)
        # What is away is asked again soon; and a slow answer must not make the next one later.
        wanted_s = interval_s if was_confirmed else limits.confirm_interval_s
        took_s = platform.clock.monotonic() - began
        await platform.clock.sleep(max(min(wanted_s, 0.2), wanted_s - took_s))

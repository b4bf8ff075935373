"""Puts the platform together, serves, and takes it apart in order: the only file that names concrete adapters."""

from __future__ import annotations

import asyncio
import errno
import logging
import resource
import signal
import socket
from collections.abc import AsyncIterator, Mapping
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import replace

from tagent_contract.events import EventType
from tagent_contract.services import TokenRequest
from tagent_platform.adapters.clock.system import SystemClock
from tagent_platform.adapters.notifier.webhook import WebhookNotifier
from tagent_platform.adapters.runtime.process import ProcessRuntime
from tagent_platform.adapters.series.flusher import SeriesLimits
from tagent_platform.adapters.series.sqlite import SqliteSeries
from tagent_platform.adapters.store.memory import MemoryStore
from tagent_platform.adapters.store.sqlite import SqliteStore
from tagent_platform.adapters.token_files import read_or_make_tokens
from tagent_platform.adapters.verifier.http import HttpVerifier
from tagent_platform.api.app import build_app, new_context
from tagent_platform.api.server import BACKLOG, PlatformServer
from tagent_platform.core.records import TokenRecord, TokenRole
from tagent_platform.loop import ControlLoop
from tagent_platform.ports.store import NewEvent, StoreUnavailableError
from tagent_platform.settings import PEOPLE, Settings, variable
from tagent_platform.usecases.confirm_store import confirm_store
from tagent_platform.usecases.mint_token import mint_token
from tagent_platform.usecases.platform import Actor, Platform, assemble
from tagent_platform.usecases.revoke_token import revoke_token

CONFIRM_INTERVAL_S = 1.0
DESCRIPTORS_KEPT = 256
"""For files and outgoing connections, whatever callers take."""

PLATFORM = Actor("platform", TokenRole.ADMIN)
_LOCAL, _CONFIGURED = "local", "configured"

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
    loop = ControlLoop(platform, settings.loop)
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
    _log.info("stopped")


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
        store = _open_store(settings)
        if isinstance(store, SqliteStore):
            opened.push_async_callback(store.close)
        series = SqliteSeries(settings.home / "series.db", clock, _series_limits(settings))
        opened.push_async_callback(series.close)
        notifier = None
        if settings.webhook_url:
            notifier = WebhookNotifier(settings.webhook_url, settings.webhook_secret, clock)
            opened.push_async_callback(notifier.close)
        assembled = assemble(
            store=store,
            series=series,
            runtime=ProcessRuntime(store),
            clock=clock,
            limits=settings.limits,
        )
        yield replace(assembled, notifier=notifier, verifier=HttpVerifier())


def _open_store(settings: Settings) -> MemoryStore | SqliteStore:
    if settings.store == "memory":
        return MemoryStore(events_max=settings.events_kept)
    try:
        return SqliteStore(settings.home / "state.db", events_max=settings.events_kept)
    except StoreUnavailableError as error:
        raise StartError(str(error)) from error


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
    """Make the tokens that the settings or this machine's files name the only ones of their kind."""
    origin, tokens = _tokens_of(settings)
    wanted = set()
    for role, token in tokens.items():
        request = TokenRequest(name=f"{origin}-{role.value}", role=role.value)
        minted = await mint_token(platform, request=request, actor=PLATFORM, secret=token)
        wanted.add(minted.id)
    names = {f"{each}-{role.value}" for each in (_LOCAL, _CONFIGURED) for role in PEOPLE}
    for key, found in list(platform.store.all(TokenRecord).items()):
        if found.record.name in names and key not in wanted:
            await revoke_token(
                platform, token_id=key, actor=PLATFORM, reason="no setting or file names it now"
            )


def _tokens_of(settings: Settings) -> tuple[str, Mapping[TokenRole, str]]:
    if settings.tokens:
        return _CONFIGURED, settings.tokens
    try:
        return _LOCAL, read_or_make_tokens(settings.home / "tokens", PEOPLE)
    except OSError as error:
        raise StartError(f"cannot keep tokens in {settings.home / 'tokens'}: {error}") from error


async def _note_start(platform: Platform, text: str) -> None:
    started = NewEvent("", platform.clock.now(), EventType.PLATFORM_STARTED, text, PLATFORM.name)
    try:
        await platform.store.commit([], [started])
    except StoreUnavailableError as error:
        # Tokens are in the store already: a disk that is full now must not keep the platform from watching.
        _log.warning("the start is not in the event log: %s", error)


async def _keep_confirming(platform: Platform) -> None:
    while True:
        await confirm_store(platform)
        await platform.clock.sleep(CONFIRM_INTERVAL_S)

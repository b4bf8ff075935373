"""The web server: the gate, our own routes, Streamlit behind them, and what makes it light."""

from __future__ import annotations

import ctypes
import gc
import logging
import signal
import socket
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager, contextmanager, suppress
from importlib import import_module
from pathlib import Path
from types import FrameType

import plotly
import streamlit as st
import uvicorn
from starlette.requests import Request
from starlette.responses import FileResponse, PlainTextResponse, Response
from starlette.routing import Route
from starlette.types import ASGIApp
from streamlit.runtime.secrets import SecretsValue
from typing_extensions import override

from tagent_dashboard import ended_runs
from tagent_dashboard.doorway.gate import LOOPBACK_HOSTS, Gate, Rules
from tagent_dashboard.doorway.headers import SafeAnswers
from tagent_dashboard.doorway.rounds import Rounds
from tagent_dashboard.doorway.sign_in import SignIn
from tagent_dashboard.doorway.way_back import WayBack
from tagent_dashboard.live import board
from tagent_dashboard.live.board import Board
from tagent_dashboard.settings import OidcSettings, Settings

HERE = Path(__file__).parent
SCRIPT = HERE / "script" / "main.py"
PLOTLY_JS = Path(plotly.__file__).parent / "package_data" / "plotly.min.js"
BRAND = {
    "logo.svg": HERE / "assets" / "logo.svg",
    "favicon.png": HERE / "assets" / "favicon.png",
    "sign_in.css": HERE / "assets" / "sign_in.css",
    "plotly.min.js": PLOTLY_JS,
}
HEAVY = ("pandas", "pyarrow", "plotly.graph_objects", "tagent_dashboard.frame")
STOP_WITHIN_S = 2
M_ARENA_MAX = -8
"""The name of this setting in glibc's `malloc.h`."""
HEAPS_MAX = 2
WEBSOCKET_PING_S = 20.0
WEBSOCKET_BYTES_MAX = 4 * 2**20
"""What a page may send at once: the state of its widgets."""
FAILED = "This part of the page could not be shown: an error in the dashboard itself, which its log describes. Other pages are not touched by it."

_log = logging.getLogger(__name__)


def build_app(assembled: Board) -> ASGIApp:
    """Return the whole application over an installed board."""
    settings, sessions = assembled.settings, assembled.sessions
    oidc = settings.oidc
    sign_in = SignIn(sessions, settings.platform.url, has_accounts=oidc is not None)
    parts = (Rounds(sessions), assembled.poller, assembled.events)

    @asynccontextmanager
    async def lifespan(_app: st.App) -> AsyncIterator[None]:
        _preload()
        for part in parts:
            part.start()
        how = "without" if settings.is_local else "with"
        _log.info(
            "serving on port %d, %s sign-in, for %s", settings.port, how, settings.platform.url
        )
        try:
            yield
        finally:
            for part in parts:
                part.stop()

    app: ASGIApp = st.App(
        SCRIPT,
        lifespan=lifespan,
        routes=[Route("/brand/{name}", _brand), *sign_in.routes()],
        secrets={"auth": _streamlit_auth(oidc)} if oidc is not None else None,
        on_script_error=_say_that_it_failed,
    )
    if oidc is not None:
        app = WayBack(app)
    rules = Rules(
        asks=not settings.is_local,
        hosts=LOOPBACK_HOSTS if settings.is_local else (),
        page_asks=oidc is not None,
    )
    return SafeAnswers(Gate(app, sessions, rules))


def _streamlit_auth(oidc: OidcSettings) -> dict[str, SecretsValue]:
    """Return what `st.login` needs, by its own names."""
    return {
        "client_id": oidc.client_id,
        "client_secret": oidc.client_secret,
        "server_metadata_url": oidc.metadata_url,
        "redirect_uri": oidc.redirect_uri,
        "cookie_secret": oidc.cookie_secret,
        "client_kwargs": {"scope": oidc.scopes},
    }


class Server(uvicorn.Server):
    """Serves until a signal, which it keeps to itself: `ended_by` is the first."""

    def __init__(self, app: ASGIApp) -> None:
        super().__init__(
            uvicorn.Config(
                app,
                log_config=None,
                access_log=False,
                server_header=False,
                timeout_graceful_shutdown=STOP_WITHIN_S,
                ws="websockets-sansio",
                ws_ping_interval=WEBSOCKET_PING_S,
                ws_ping_timeout=WEBSOCKET_PING_S,
                ws_max_size=WEBSOCKET_BYTES_MAX,
                ws_per_message_deflate=False,
            )
        )
        self.ended_by: int | None = None

    @override
    @contextmanager
    def capture_signals(self) -> Iterator[None]:
        # Its own would end the process by the same signal again, and with it the exit code.
        numbers = (signal.SIGTERM, signal.SIGINT, signal.SIGHUP)
        before = {number: signal.signal(number, self.handle_exit) for number in numbers}
        try:
            yield
        finally:
            for number, handler in before.items():
                signal.signal(number, handler)

    @override
    def handle_exit(self, sig: int, frame: FrameType | None) -> None:
        self.ended_by = self.ended_by or sig
        super().handle_exit(sig, frame)


def serve(settings: Settings, listener: socket.socket) -> int | None:
    """Serve on a bound socket until a signal, and return it; None when it could not start, which the log explains."""
    _share_heaps()
    ended_runs.hear_out()
    assembled = board.assemble(settings)
    board.install(assembled)
    server = Server(build_app(assembled))
    server.run(sockets=[listener])
    return server.ended_by


def _share_heaps() -> None:
    """Let all threads share a few heaps.

    Streamlit runs each page's script in a thread of its own, for which glibc makes up to eight heaps a core, whose holes no other thread fills:
    with twenty pages open the process grew by 1.1 MB a minute, and by half of that or less since (docs/performance.md).
    """
    # Elsewhere than on glibc there is no such setting, and no such heaps.
    with suppress(OSError, AttributeError):
        ctypes.CDLL(None).mallopt(M_ARENA_MAX, HEAPS_MAX)


def _say_that_it_failed(_error: Exception) -> bool:
    """Put one sentence where a page's exception would be; Streamlit has logged it with its traceback."""
    st.error(FAILED, icon=":material/bug_report:")
    return True


def _preload() -> None:
    """Import what the first visitor would wait for, and take it out of the collector's sight.

    Streamlit runs a full collection after every run; over these modules' objects it costs 100 ms each time, and nothing of theirs ever dies.
    """
    for name in HEAVY:
        import_module(name)
    gc.collect()
    gc.freeze()


async def _brand(request: Request) -> Response:
    path = BRAND.get(request.path_params["name"])
    if path is None:
        return PlainTextResponse("there is nothing at this address\n", 404)
    return FileResponse(path, headers={"cache-control": "max-age=86400"})

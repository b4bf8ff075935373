"""The web server: the gate, our own routes, Streamlit behind them, and what makes it light."""

from __future__ import annotations

import gc
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from importlib import import_module
from pathlib import Path

import plotly
import streamlit as st
import uvicorn
from starlette.requests import Request
from starlette.responses import FileResponse, PlainTextResponse, Response
from starlette.routing import Route
from starlette.types import ASGIApp

from tagent_dashboard.doorway.gate import LOOPBACK_HOSTS, Gate
from tagent_dashboard.doorway.sign_in import SignIn
from tagent_dashboard.live import board
from tagent_dashboard.live.board import Board
from tagent_dashboard.settings import Settings

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


def build_app(assembled: Board) -> ASGIApp:
    """Return the whole application over an installed board."""
    settings = assembled.settings
    sign_in = SignIn(assembled.sessions, settings.platform.url)

    @asynccontextmanager
    async def lifespan(_app: st.App) -> AsyncIterator[None]:
        _preload()
        assembled.poller.start()
        assembled.events.start()
        try:
            yield
        finally:
            assembled.events.stop()
            assembled.poller.stop()

    app = st.App(
        SCRIPT,
        lifespan=lifespan,
        routes=[Route("/brand/{name}", _brand), *sign_in.routes()],
    )
    return Gate(
        app,
        assembled.sessions,
        asks_for_token=not settings.is_local,
        hosts=LOOPBACK_HOSTS if settings.is_local else (),
    )


def serve(settings: Settings) -> None:
    """Serve until SIGTERM or SIGINT. Raises OSError when the port cannot be had."""
    assembled = board.assemble(settings)
    board.install(assembled)
    app = build_app(assembled)
    uvicorn.run(
        app,
        host=settings.host,
        port=settings.port,
        log_config=None,
        access_log=False,
        server_header=False,
        timeout_graceful_shutdown=STOP_WITHIN_S,
    )


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

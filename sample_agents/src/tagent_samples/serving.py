"""Running a sample: arguments, one log line a request, and a quick start and stop."""

from __future__ import annotations

import argparse
import logging
import sys
import time
from collections.abc import Callable

from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from tagent_samples.settings import SettingError, Settings, load_settings, read_port

SHUTDOWN_GRACE_S = 2
log = logging.getLogger("tagent_samples")


def health_route(service: str, provider: str) -> Route:
    """Return `GET /healthz`, which says who answers."""

    async def healthz(_request: Request) -> Response:
        return JSONResponse({"status": "ok", "service": service, "provider": provider})

    return Route("/healthz", healthz, methods=["GET"])


def log_requests(app: ASGIApp) -> ASGIApp:
    """Wrap an application so that each request but a health check leaves a line."""

    async def logged(scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http" or scope["path"] == "/healthz":
            await app(scope, receive, send)
            return
        started = time.perf_counter()
        status = 0

        async def watched(message: Message) -> None:
            nonlocal status
            if message["type"] == "http.response.start":
                status = message["status"]
            await send(message)

        try:
            await app(scope, receive, watched)
        finally:
            took_ms = (time.perf_counter() - started) * 1000
            path = scope.get("raw_path", b"").decode("ascii", "replace")
            level = logging.ERROR if status >= 500 or not status else logging.INFO
            log.log(level, "%s %s %s %.1f ms", scope["method"], path, status or "-", took_ms)

    return logged


def serve(service: str, create: Callable[[Settings], ASGIApp], default_port: int) -> None:
    """Run a sample until SIGTERM or Ctrl-C. Exits with 2 for a wrong setting, 1 when the port is taken."""
    try:
        arguments = _arguments(service, read_port(default_port))
    except SettingError as error:
        sys.exit(_complaint(service, str(error)))
    logging.basicConfig(
        level=logging.INFO, format="%(asctime)s %(levelname)s %(message)s", stream=sys.stdout
    )
    logging.getLogger("httpx").setLevel(logging.WARNING)
    logging.getLogger("uvicorn").setLevel(logging.WARNING)
    try:
        app = create(load_settings())
    except SettingError as error:
        sys.exit(_complaint(service, str(error)))
    import uvicorn

    config = uvicorn.Config(
        log_requests(app),
        host=arguments.host,
        port=arguments.port,
        log_config=None,
        access_log=False,
        lifespan="off",
        ws="none",
        server_header=False,
        timeout_graceful_shutdown=SHUTDOWN_GRACE_S,
    )
    try:
        uvicorn.Server(config).run()
    except KeyboardInterrupt:
        # uvicorn has already stopped in order, and raises the signal again for whoever wants to know.
        sys.exit(130)


def _complaint(service: str, text: str) -> int:
    sys.stderr.write(f"{service}: {text}\n")
    return 2


def _arguments(service: str, default_port: int) -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog=service)
    parser.add_argument("--host", default="127.0.0.1", help="address to listen on (%(default)s)")
    parser.add_argument("--port", type=int, default=default_port, help="(%(default)s) [PORT]")
    return parser.parse_args()

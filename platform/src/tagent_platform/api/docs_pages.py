"""The API's documentation as pages: everything they need is served from here, and they may load nothing else."""

from __future__ import annotations

from importlib.util import find_spec
from pathlib import Path

from fastapi import FastAPI
from starlette.requests import Request
from starlette.responses import HTMLResponse, Response
from starlette.staticfiles import StaticFiles

ASSETS_PATH = "/docs/assets"
ASSETS_PACKAGE = "fastapi_offline"
FOREIGN_LOGO = b"https://cdn.redoc.ly/redoc/logo-mini.svg"
"""Redoc's own mark, which its script fetches from elsewhere and which no option leaves out."""
NO_LOGO = b"data:image/svg+xml,<svg xmlns='http://www.w3.org/2000/svg'/>"
CONTENT_SECURITY_POLICY = (
    "default-src 'none'; script-src 'self'; style-src 'self' 'unsafe-inline'; img-src 'self' data:; "
    "font-src 'self' data:; connect-src 'self'; worker-src 'self' blob:; base-uri 'none'; form-action 'none'; "
    "frame-ancestors 'none'"
)
"""Keeps the page from asking any other host, whatever its scripts would like."""

_HEAD = """<!doctype html>
<html lang="en"><head><meta charset="utf-8"><meta name="viewport" content="width=device-width, initial-scale=1">
<title>Tagent's API</title><link rel="icon" href="data:,">"""

_SWAGGER_PAGE = f"""{_HEAD}
<link rel="stylesheet" href="{ASSETS_PATH}/swagger-ui.css"></head>
<body><div id="swagger-ui"></div>
<script src="{ASSETS_PATH}/swagger-ui-bundle.js"></script><script src="/docs/start.js"></script></body></html>
"""

_SWAGGER_START = """SwaggerUIBundle({
  url: "/openapi.json", dom_id: "#swagger-ui", deepLinking: true, validatorUrl: null, persistAuthorization: false,
  presets: [SwaggerUIBundle.presets.apis, SwaggerUIBundle.SwaggerUIStandalonePreset]
});
"""

_REDOC_PAGE = f"""{_HEAD}
<style>body {{ margin: 0 }}</style></head>
<body><redoc spec-url="/openapi.json"></redoc><script src="{ASSETS_PATH}/redoc.standalone.js"></script></body></html>
"""


async def _swagger(_request: Request) -> Response:
    return _page(_SWAGGER_PAGE)


async def _swagger_start(_request: Request) -> Response:
    return Response(_SWAGGER_START, media_type="text/javascript")


async def _redoc(_request: Request) -> Response:
    return _page(_REDOC_PAGE)


def _redoc_script(_request: Request) -> Response:
    path = _assets_folder() / "redoc.standalone.js"
    script = path.read_bytes().replace(FOREIGN_LOGO, NO_LOGO)
    return Response(script, media_type="text/javascript")


def _assets_folder() -> Path:
    spec = find_spec(ASSETS_PACKAGE)
    if spec is None or spec.origin is None:
        raise ModuleNotFoundError(f"{ASSETS_PACKAGE} is not installed")
    return Path(spec.origin).parent / "static"


def _page(html: str) -> HTMLResponse:
    return HTMLResponse(html, headers={"content-security-policy": CONTENT_SECURITY_POLICY})


def add_docs_pages(app: FastAPI) -> None:
    """Serve `/docs` and `/redoc`; the package that ships both libraries' files is used for these alone."""
    app.add_route(f"{ASSETS_PATH}/redoc.standalone.js", _redoc_script, include_in_schema=False)
    app.mount(ASSETS_PATH, StaticFiles(directory=_assets_folder()))
    app.add_route("/docs", _swagger, include_in_schema=False)
    app.add_route("/docs/start.js", _swagger_start, include_in_schema=False)
    app.add_route("/redoc", _redoc, include_in_schema=False)

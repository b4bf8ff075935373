"""Asks over HTTP, on a connection of its own."""

from __future__ import annotations

import asyncio

import httpx

from tagent_contract.policy import VerifyRequest

ADDRESS_SHOWN_MAX = 100


class HttpVerifier:
    """Keeps the verifier port."""

    async def ask(self, address: str, request: VerifyRequest, timeout_s: float) -> str | None:
        if not _is_address(address):
            return f"{address[:ADDRESS_SHOWN_MAX]!r} is no address of host and port"
        try:
            async with (
                asyncio.timeout(timeout_s),
                httpx.AsyncClient(timeout=timeout_s, trust_env=False) as client,
                client.stream(request.method, f"http://{address}{request.path}") as answer,
            ):
                status = answer.status_code
        except (httpx.HTTPError, httpx.InvalidURL) as error:
            return f"{request.method} {request.path} failed: {str(error) or type(error).__name__}"
        except TimeoutError:
            return f"{request.method} {request.path} was not answered within {timeout_s:g} s"
        if status == request.status:
            return None
        return f"{request.method} {request.path} was answered {status}, not {request.status}"


def _is_address(address: str) -> bool:
    """Return whether it is host and port; a sidecar says it, so it may be anything."""
    host, _, port = address.rpartition(":")
    return bool(host) and port.isascii() and port.isdigit() and 0 < int(port[:6]) < 65536

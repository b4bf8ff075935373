"""Asks over HTTP, on a connection of its own."""

from __future__ import annotations

import asyncio
import ssl

import httpx

from tagent_contract.policy import VerifyRequest

ADDRESS_SHOWN_MAX = 100
_TRUST_NOBODY = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
"""All is asked without TLS; loading the authorities for each question would hold up the whole platform for 40 ms."""


class HttpVerifier:
    """Keeps the verifier port."""

    async def ask(self, address: str, request: VerifyRequest, timeout_s: float) -> str | None:
        if not _is_address(address):
            return f"{address[:ADDRESS_SHOWN_MAX]!r} is no address of host and port"
        try:
            async with (
                asyncio.timeout(timeout_s),
                httpx.AsyncClient(
                    timeout=timeout_s, trust_env=False, verify=_TRUST_NOBODY
                ) as client,
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

"""What stands before a private Cloud Run service: it lets in who shows a Google ID token for it and may invoke it, and strips its signature."""

from __future__ import annotations

import base64
import http.client
import json
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler

from typing_extensions import override

from tests.fakes.metadata_server import ACCOUNT, QuietServer
from tests.fakes.processes import free_ports

REFUSED = "<html><head><title>{0} {1}</title></head><body><h1>Error: {1}</h1></body></html>"
HEADER = "X-Serverless-Authorization"


@dataclass
class CloudRunFront:
    """Who may come in, and who came."""

    upstream_port: int
    audience: str
    invokers: set[str] = field(default_factory=lambda: {ACCOUNT})
    port: int = 0
    let_in: int = 0
    refused: int = 0

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.port}"

    def verdict(self, shown: str | None) -> int:
        """Return 200, or the status with which it is refused."""
        if shown is None or not shown.startswith("Bearer "):
            return 403
        try:
            payload = shown.removeprefix("Bearer ").split(".")[1]
            claims = json.loads(base64.urlsafe_b64decode(payload + "=" * (-len(payload) % 4)))
        except (ValueError, IndexError):
            return 401
        if claims["aud"] != self.audience or claims["exp"] < time.time():
            return 401
        return 200 if claims["email"] in self.invokers else 403


class _Handler(BaseHTTPRequestHandler):
    """Lets one request through, or does not."""

    protocol_version = "HTTP/1.1"
    front: CloudRunFront

    def _pass(self) -> None:
        length = int(self.headers.get("content-length") or 0)
        body = self.rfile.read(length) if length else None
        status = self.front.verdict(self.headers.get(HEADER))
        if status != 200:
            self.front.refused += 1
            word = "Unauthorized" if status == 401 else "Forbidden"
            page = REFUSED.format(status, word).encode()
            self._answer(status, {"Content-Type": "text/html"}, page)
            return
        self.front.let_in += 1
        self._forward(body)

    do_GET = do_POST = do_PUT = do_DELETE = _pass  # noqa: N815 - names that the library looks for

    def _forward(self, body: bytes | None) -> None:
        unsigned = self.headers[HEADER].rpartition(".")[0] + ".SIGNATURE_REMOVED_BY_GOOGLE"
        headers = {k: v for k, v in self.headers.items() if k.lower() != HEADER.lower()}
        upstream = http.client.HTTPConnection("127.0.0.1", self.front.upstream_port, timeout=30)
        try:
            upstream.request(self.command, self.path, body, {**headers, HEADER: unsigned})
            answer = upstream.getresponse()
            kept = {k: v for k, v in answer.getheaders() if k.lower() not in _OF_ONE_HOP}
            self._answer(answer.status, kept, answer.read())
        except OSError:
            self._answer(503, {"Content-Type": "text/html"}, b"<html>no instance</html>")
        finally:
            upstream.close()

    def _answer(self, status: int, headers: dict[str, str], body: bytes) -> None:
        self.send_response(status)
        for name, value in headers.items():
            self.send_header(name, value)
        if status not in (204, 304):
            self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    @override
    def log_message(self, format: str, *args: object) -> None:
        pass


_OF_ONE_HOP = frozenset({"transfer-encoding", "content-length", "connection"})


@contextmanager
def cloud_run_front(upstream_port: int, audience: str) -> Iterator[CloudRunFront]:
    """Stand before a platform until the block ends."""
    front = CloudRunFront(upstream_port, audience)
    (front.port,) = free_ports(1)
    handler = type("Handler", (_Handler,), {"front": front})
    server = QuietServer(("127.0.0.1", front.port), handler)
    server.daemon_threads = True
    thread = threading.Thread(target=server.serve_forever, args=(0.02,))
    thread.start()
    try:
        yield front
    finally:
        server.shutdown()
        thread.join()
        server.server_close()

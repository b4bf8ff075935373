"""Google's metadata server, as far as Tagent asks it: a thread of the test, on a free port of this machine."""

from __future__ import annotations

import base64
import json
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from urllib.parse import parse_qs, urlsplit

from typing_extensions import override

from tests.fakes.processes import free_ports

ACCOUNT = "sidecar@acme.iam.gserviceaccount.com"
INSTANCE_ID = "0087244a80d3c7f1b2a6e5d4c3b2a190"


def make_token(
    audience: str, *, email: str = ACCOUNT, lasts_s: float = 3600.0, serial: int = 0
) -> str:
    """Return a token as Google makes them; its signature is nobody's."""
    claims = {
        "aud": audience,
        "email": email,
        "exp": int(time.time() + lasts_s),
        "iat": int(time.time()),
        "n": serial,
    }
    parts = [json.dumps(part).encode() for part in ({"alg": "RS256"}, claims)]
    return ".".join(base64.urlsafe_b64encode(p).decode().rstrip("=") for p in (*parts, b"signed"))


@dataclass
class FakeMetadata:
    """What it answers; a test may change it while it runs."""

    values: dict[str, str] = field(
        default_factory=lambda: {
            "instance/id": INSTANCE_ID,
            "instance/region": "projects/123456/regions/europe-north1",
            "project/project-id": "acme",
            "instance/service-accounts/default/email": ACCOUNT,
        }
    )
    token: str | None = None
    """Given in place of a token of its own."""
    lasts_s: float = 3600.0
    delay_s: float = 0.0
    status: int = 200
    asked: list[str] = field(default_factory=list)
    port: int = 0

    @property
    def host(self) -> str:
        return f"127.0.0.1:{self.port}"

    @property
    def tokens_given(self) -> int:
        return sum("/identity" in path for path in self.asked)

    def answer(self, path: str) -> tuple[int, str]:
        self.asked.append(path)
        time.sleep(self.delay_s)
        if self.status != 200:
            return self.status, "not now"
        if path == "/":
            return 200, "computeMetadata/"
        parts = urlsplit(path)
        name = parts.path.removeprefix("/computeMetadata/v1/")
        if name.endswith("/identity"):
            (audience,) = parse_qs(parts.query)["audience"]
            token = self.token or make_token(
                audience, lasts_s=self.lasts_s, serial=self.tokens_given
            )
            return 200, token
        if name == "instance/service-accounts/default/" and "recursive" in parts.query:
            return 200, json.dumps({"email": ACCOUNT, "scopes": [], "aliases": ["default"]})
        if name in self.values:
            return 200, self.values[name]
        return 404, "unknown"


class QuietServer(ThreadingHTTPServer):
    """Serves in threads, and does not mind who leaves early."""

    @override
    def handle_error(self, request: object, client_address: object) -> None:
        """Say nothing."""


@contextmanager
def metadata_server(**said: object) -> Iterator[FakeMetadata]:
    """Answer until the block ends."""
    fake = FakeMetadata(**said)  # type: ignore[arg-type]

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            if self.headers.get("Metadata-Flavor") != "Google":
                status, text = 403, "the header is missing"
            else:
                status, text = fake.answer(self.path)
            body = text.encode()
            self.send_response(status)
            self.send_header("Metadata-Flavor", "Google")
            kind = "json" if body.startswith(b"{") else "text"
            self.send_header("Content-Type", f"application/{kind}")
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

        @override
        def log_message(self, format: str, *args: object) -> None:
            pass

    (fake.port,) = free_ports(1)
    server = QuietServer(("127.0.0.1", fake.port), Handler)
    server.daemon_threads = True
    thread = threading.Thread(target=server.serve_forever, args=(0.02,))
    thread.start()
    try:
        yield fake
    finally:
        server.shutdown()
        thread.join()
        server.server_close()

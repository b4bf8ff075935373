"""A real HTTP receiver for webhooks: keeps what it got, and can refuse for a while."""

from __future__ import annotations

import json
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any


@dataclass
class Received:
    """One message: its headers, its exact body, and the body parsed."""

    headers: dict[str, str]
    raw: bytes
    message: dict[str, Any]


@dataclass
class WebhookReceiver:
    """`refuse_next` messages are answered 503 before any is taken."""

    url: str = ""
    received: list[Received] = field(default_factory=list)
    refuse_next: int = 0


@contextmanager
def webhook_receiver(refuse_next: int = 0) -> Iterator[WebhookReceiver]:
    """Receive webhooks on a free loopback port while the block runs."""
    receiver = WebhookReceiver(refuse_next=refuse_next)

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            raw = self.rfile.read(int(self.headers["content-length"]))
            if receiver.refuse_next > 0:
                receiver.refuse_next -= 1
                self.send_response(503)
            else:
                headers = {name.lower(): value for name, value in self.headers.items()}
                receiver.received.append(Received(headers, raw, json.loads(raw)))
                self.send_response(204)
            self.send_header("content-length", "0")
            self.end_headers()

        def log_message(self, *_: object) -> None:
            pass

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    receiver.url = f"http://127.0.0.1:{server.server_port}/hook"
    thread = threading.Thread(target=server.serve_forever, daemon=True)
    thread.start()
    try:
        yield receiver
    finally:
        server.shutdown()
        server.server_close()
        thread.join(5)

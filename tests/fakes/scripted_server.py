"""A real HTTP server on the loopback that answers as its script says, and remembers what it was asked."""

from __future__ import annotations

import json
import socket
import threading
import time
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any


@dataclass(frozen=True)
class Answer:
    """An HTTP answer."""

    body: Any = None
    status: int = 200
    headers: dict[str, str] = field(default_factory=dict)
    kind: str = "application/json"


@dataclass(frozen=True)
class Break:
    """The connection ends in a reset instead of an answer."""


@dataclass(frozen=True)
class Silence:
    """Nothing for that long, then the connection ends."""

    seconds: float


@dataclass(frozen=True)
class Stream:
    """Server-sent events as they are, then the end of the connection; `cut` ends it within a chunk."""

    text: str
    cut: bool = False


Step = Answer | Break | Silence | Stream


@dataclass(frozen=True)
class Asked:
    """A request as it came."""

    method: str
    path: str
    headers: dict[str, str]
    body: bytes


class ScriptedServer:
    """Takes one step of its script for each request; the last step is for all that follow."""

    def __init__(self, *script: Step) -> None:
        self.script = list(script)
        self.asked: list[Asked] = []
        self._ends = threading.Event()
        self._lock = threading.Lock()
        handler = type("Handler", (_Handler,), {"owner": self})
        self._server = ThreadingHTTPServer(("127.0.0.1", 0), handler)
        self._server.daemon_threads = True
        self._thread = threading.Thread(target=self._server.serve_forever, args=(0.02,))

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self._server.server_address[1]}"

    def take(self, asked: Asked) -> Step:
        with self._lock:
            self.asked.append(asked)
            return self.script.pop(0) if len(self.script) > 1 else self.script[0]

    def sleep(self, seconds: float) -> None:
        self._ends.wait(seconds)

    def __enter__(self) -> ScriptedServer:
        self._thread.start()
        return self

    def __exit__(self, *_exc: object) -> None:
        self._ends.set()
        self._server.shutdown()
        self._thread.join()
        self._server.server_close()


class _Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    owner: ScriptedServer

    def answer(self) -> None:
        length = int(self.headers.get("content-length", 0))
        headers = {name.lower(): value for name, value in self.headers.items()}
        asked = Asked(self.command, self.path, headers, self.rfile.read(length))
        match self.owner.take(asked):
            case Answer() as step:
                self._send(step)
            case Break():
                self._break()
            case Silence(seconds):
                self.owner.sleep(seconds)
                self.close_connection = True
            case Stream() as step:
                self._stream(step)

    do_GET = do_POST = do_PUT = do_DELETE = answer  # noqa: N815 — names that http.server looks for

    def _send(self, step: Answer) -> None:
        body = step.body if isinstance(step.body, bytes) else json.dumps(step.body).encode()
        self.send_response(step.status)
        for name, value in {"content-type": step.kind, **step.headers}.items():
            self.send_header(name, value)
        self.send_header("content-length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def _break(self) -> None:
        # Linger 0: the close sends a reset.
        self.connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, b"\x01\0\0\0\0\0\0\0")
        self.close_connection = True

    def _stream(self, step: Stream) -> None:
        self.send_response(200)
        self.send_header("content-type", "text/event-stream")
        self.send_header("transfer-encoding", "chunked")
        self.end_headers()
        data = step.text.encode()
        self.wfile.write(b"%x\r\n%s\r\n" % (len(data), data))
        if not step.cut:
            self.wfile.write(b"0\r\n\r\n")
        self.wfile.flush()
        time.sleep(0.01)
        self.close_connection = True

    def log_message(self, *_args: object) -> None:
        """Stay quiet."""

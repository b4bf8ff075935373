"""A provider of answers for tests: a real HTTP server that behaves, or misbehaves, as the question asks it to."""

from __future__ import annotations

import json
import threading
import time
from contextlib import suppress
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any, ClassVar

RUBBISH = {
    "lie": b"data: <html>not JSON</html>\n\n",
    "nonsense": b'data: {"unexpected": [1]}\n\n',
    "silence": b"data: [DONE]\n\n",
}


class LanguageModelHandler(BaseHTTPRequestHandler):
    """Speaks Gemini's and OpenAI's streaming; the last message's first word says how."""

    protocol_version = "HTTP/1.1"
    requests: ClassVar[list[tuple[str, dict[str, str], dict[str, Any]]]] = []
    released: ClassVar[threading.Event] = threading.Event()

    def do_POST(self) -> None:
        body = json.loads(self.rfile.read(int(self.headers["content-length"])))
        headers = {name.lower(): value for name, value in self.headers.items()}
        self.requests.append((self.path, headers, body))
        gemini = ":streamGenerateContent" in self.path
        text = (
            body["contents"][-1]["parts"][0]["text"] if gemini else body["messages"][-1]["content"]
        )
        behaviour = text.split()[0]
        if behaviour == "hang":
            self.released.wait(30)
            return
        if behaviour == "refuse":
            self.answer(429, b'{"error": {"message": "quota used up"}}')
            return
        if behaviour == "close":
            self.close_connection = True
            return
        self.send_response(200)
        self.send_header("content-type", "text/event-stream")
        self.send_header("connection", "close")
        self.end_headers()
        self.close_connection = True
        self.stream(behaviour, gemini)

    def stream(self, behaviour: str, gemini: bool) -> None:
        if behaviour == "drip":
            self.drip()
            return
        if behaviour in RUBBISH:
            self.wfile.write(RUBBISH[behaviour])
            return
        for word in ("All ", "is ", "well."):
            self.wfile.write(b"data: %s\r\n\r\n" % json.dumps(self.piece(word, gemini)).encode())
            self.wfile.flush()
            if behaviour == "break":
                self.wfile.write(b'data: {"error": {"message": "overloaded"}}\n\n')
                return
        if not gemini:
            self.wfile.write(b'data: {"choices": [], "usage": {"total_tokens": 3}}\n\n')
            self.wfile.write(b"data: [DONE]\n\n")

    def drip(self) -> None:
        """Keep the connection busy without ever saying anything."""
        until = time.monotonic() + 20
        with suppress(OSError):
            while time.monotonic() < until and not self.released.wait(0.05):
                self.wfile.write(b": still thinking\n")

    def piece(self, word: str, gemini: bool) -> dict[str, Any]:
        if gemini:
            return {"candidates": [{"content": {"role": "model", "parts": [{"text": word}]}}]}
        return {"choices": [{"index": 0, "delta": {"content": word}}]}

    def answer(self, status: int, body: bytes) -> None:
        self.send_response(status)
        self.send_header("content-length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *_args: object) -> None:
        """Stay quiet."""


class LanguageModel:
    """The server, on a free port of the loopback."""

    def __init__(self) -> None:
        LanguageModelHandler.released.clear()
        LanguageModelHandler.requests.clear()
        self.server = ThreadingHTTPServer(("127.0.0.1", 0), LanguageModelHandler)
        self.server.daemon_threads = True
        self.thread = threading.Thread(target=self.server.serve_forever, args=(0.05,))

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.server.server_address[1]}"

    @property
    def requests(self) -> list[tuple[str, dict[str, str], dict[str, Any]]]:
        return LanguageModelHandler.requests

    def __enter__(self) -> LanguageModel:
        self.thread.start()
        return self

    def __exit__(self, *_exc: object) -> None:
        LanguageModelHandler.released.set()
        self.server.shutdown()
        self.thread.join()
        self.server.server_close()

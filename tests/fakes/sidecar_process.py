"""A real `tagent-sidecar run` as a process, with time scaled down, and what a caller sees of it."""

from __future__ import annotations

import asyncio
import json
import os
import re
import signal
import sys
from collections.abc import Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

TOY_SERVICE = str(Path(__file__).with_name("toy_service.py"))

QUICK = (
    "--report-interval-s", "0.2", "--report-timeout-s", "1", "--plan-wait-s", "0.5", "--lease-s", "1.5",
    "--retry-longest-s", "0.2", "--slow-retry-s", "0.5", "--check-interval-s", "0.1", "--drain-timeout-s", "1",
)  # fmt: skip


@dataclass
class SidecarProcess:
    """One sidecar. Start it, wait for what it logs, call through it, stop it."""

    process: asyncio.subprocess.Process
    logged: list[dict[str, Any]] = field(default_factory=list)
    unreadable: list[str] = field(default_factory=list)
    _is_over: bool = False
    _reading: list[asyncio.Task[None]] = field(default_factory=list)
    _news: asyncio.Condition = field(default_factory=asyncio.Condition)

    @classmethod
    async def start(
        cls,
        arguments: Sequence[str],
        env: Mapping[str, str] | None = None,
        quick: Sequence[str] = QUICK,
        program: Sequence[str] = ("-m", "tagent_sidecar"),
        named: Sequence[str] = ("--service", "toy", "--listen", "127.0.0.1:0"),
    ) -> SidecarProcess:
        """Start it; later arguments win over the scaled-down defaults."""
        process = await asyncio.create_subprocess_exec(
            sys.executable, *program, "run",
            *named, *quick, *arguments,
            env={**os.environ, **(env or {})},
            stdin=asyncio.subprocess.DEVNULL,
            stdout=asyncio.subprocess.DEVNULL,
            stderr=asyncio.subprocess.PIPE,
            limit=2**22,
        )  # fmt: skip
        started = cls(process)
        started._reading.append(asyncio.create_task(started._read(), name="sidecar log"))
        return started

    async def until_logged(self, pattern: str, within_s: float = 15.0) -> re.Match[str]:
        """Wait for a log line; return the match in its text."""
        try:
            async with asyncio.timeout(within_s), self._news:
                await self._news.wait_for(lambda: self.find(pattern) or self._is_over)
        except TimeoutError:
            raise AssertionError(
                f"not logged in {within_s} s: {pattern!r} in {self.texts} {self.unreadable}"
            ) from None
        found = self.find(pattern)
        assert found is not None, f"ended before {pattern!r}: {self.texts} {self.unreadable}"
        return found

    def find(self, pattern: str) -> re.Match[str] | None:
        """Return the first match in the log so far."""
        return next((found for text in self.texts if (found := re.search(pattern, text))), None)

    @property
    def texts(self) -> list[str]:
        return [line["text"] for line in self.logged]

    async def port(self) -> int:
        """Return where callers connect, once they can."""
        return int((await self.until_logged(r"callers connect at \S+:(\d+),"))[1])

    async def admin_port(self) -> int:
        """Return the admin port."""
        return int((await self.until_logged(r"admin port: http://\S+:(\d+)"))[1])

    def signal(self, number: int) -> None:
        with suppress(ProcessLookupError):
            self.process.send_signal(number)

    async def ended(self, within_s: float = 15.0) -> int:
        """Wait for the end; return the exit code."""
        async with asyncio.timeout(within_s):
            code = await self.process.wait()
            await asyncio.gather(*self._reading)
        return code

    async def stop(self) -> int:
        """End it gently, or else surely."""
        self.signal(signal.SIGTERM)
        try:
            return await self.ended()
        except TimeoutError:
            self.signal(signal.SIGKILL)
            await self.ended()
            raise

    async def _read(self) -> None:
        assert self.process.stderr is not None
        async for line in self.process.stderr:
            try:
                self.logged.append(json.loads(line))
            except ValueError:
                self.unreadable.append(line.decode("utf-8", "replace"))
            await self._tell()
        self._is_over = True
        await self._tell()

    async def _tell(self) -> None:
        async with self._news:
            self._news.notify_all()


async def get(port: int, path: str = "/", timeout_s: float = 10.0) -> tuple[int, bytes]:
    """Ask once over a new connection; status 0 when the connection was refused or cut."""
    writer = None
    try:
        async with asyncio.timeout(timeout_s):
            reader, writer = await asyncio.open_connection("127.0.0.1", port)
            writer.write(f"GET {path} HTTP/1.1\r\nhost: x\r\nconnection: close\r\n\r\n".encode())
            head = await reader.readuntil(b"\r\n\r\n")
            length = re.search(rb"(?i)content-length: (\d+)", head)
            body = await reader.readexactly(int(length[1])) if length else await reader.read()
            return int(head.split(b" ", 2)[1]), body
    except (OSError, EOFError):
        return 0, b""
    finally:
        if writer is not None:
            writer.transport.abort()

"""Open pages without browsers: clients that speak to Streamlit's websocket as its own front end does, many in one process.

`python -m bench.dashboard_pages PORT COUNT QUERY` opens that many pages `/?QUERY` and prints `open`; then each line it reads is answered with what
happened since the last, as JSON (`Refreshes`). It ends when its input does.

As the front end does: a run of the whole script at first; then each fragment's timer asks for its run, whether or not the last one is over; messages
that may be kept are kept by hash, and the hashes sent along, so that the server sends a reference instead. Unlike it: nothing is drawn, and the states
of widgets, which nobody touches here, are not sent.
"""

from __future__ import annotations

import asyncio
import random
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress

import msgspec
from streamlit.proto.BackMsg_pb2 import BackMsg
from streamlit.proto.ForwardMsg_pb2 import ForwardMsg
from websockets.asyncio.client import ClientConnection, connect

OPENS_WITHIN_S = 60.0
MESSAGE_BYTES_MAX = 50 * 2**20


class Refreshes(msgspec.Struct):
    """What happened at all pages since it was last asked."""

    latencies_ms: list[float] = []
    """Of every fragment's run: from its request until it had finished."""
    received_bytes: int = 0
    failures: list[str] = []


class KeptMessages:
    """The hashes of messages that need not be sent again, aged as the front end ages them."""

    def __init__(self) -> None:
        self.age_max = 2
        self._runs = 0
        self._used: dict[str, tuple[int, str]] = {}
        """Hash → the run in which it was last used, and its fragment."""

    @property
    def hashes(self) -> list[str]:
        return list(self._used)

    def see(self, message: ForwardMsg) -> None:
        """Keep, or take for used, what a message is or refers to. Raises KeyError for a reference to what is not kept."""
        if message.WhichOneof("type") == "ref_hash":
            _, fragment = self._used[message.ref_hash]
            self._used[message.ref_hash] = (self._runs, fragment)
        elif message.metadata.cacheable:
            self._used[message.hash] = (self._runs, message.delta.fragment_id)

    def end_run(self, fragments: list[str]) -> None:
        """Forget what the last runs did not use."""
        self._runs += 1
        for kept, (used, fragment) in list(self._used.items()):
            is_of_run = not fragments or fragment in fragments
            if is_of_run and self._runs - used > self.age_max:
                del self._used[kept]


class OpenPage:
    """One page that somebody looks at."""

    def __init__(self, port: int, query: str, seen: Refreshes) -> None:
        self.is_drawn = asyncio.Event()
        self._port = port
        self._query = query
        self._seen = seen
        self._script_hash = ""
        self._kept = KeptMessages()
        self._timers: dict[str, tuple[float, asyncio.Future[None]]] = {}
        self._asked: dict[str, float] = {}
        self._drawn = 0
        """Elements that the current run has brought."""

    async def run(self) -> None:
        """Stay open until cancelled."""
        async with connect(
            f"ws://127.0.0.1:{self._port}/_stcore/stream",
            subprotocols=["streamlit"],
            max_size=MESSAGE_BYTES_MAX,
            proxy=None,
        ) as socket:
            try:
                await self._ask(socket)
                async for data in socket:
                    assert isinstance(data, bytes)
                    self._seen.received_bytes += len(data)
                    self._take(socket, ForwardMsg.FromString(data))
            finally:
                self._stop_timers(list(self._timers))

    async def _ask(self, socket: ClientConnection, fragment: str = "") -> None:
        message = BackMsg()
        state = message.rerun_script
        state.query_string = self._query
        state.page_script_hash = self._script_hash
        state.fragment_id = fragment
        state.is_auto_rerun = bool(fragment)
        state.cached_message_hashes.extend(self._kept.hashes)
        state.context_info.timezone = "UTC"
        state.context_info.locale = "en-US"
        state.context_info.url = f"http://127.0.0.1:{self._port}/?{self._query}"
        if fragment:
            self._asked.setdefault(fragment, time.perf_counter())
        await socket.send(message.SerializeToString())

    def _take(self, socket: ClientConnection, message: ForwardMsg) -> None:
        match message.WhichOneof("type"):
            case "new_session":
                self._begin_run(message)
            case "delta" | "ref_hash":
                self._drawn += 1
                self._kept.see(message)
                if message.delta.new_element.HasField("exception"):
                    self._seen.failures.append(message.delta.new_element.exception.message)
            case "auto_rerun":
                self._set_timer(socket, message.auto_rerun.fragment_id, message.auto_rerun.interval)
            case "stop_auto_rerun":
                self._stop_timers(list(message.stop_auto_rerun.fragment_ids))
            case "script_finished":
                self._end_run(message)

    def _begin_run(self, message: ForwardMsg) -> None:
        self._drawn = 0
        self._script_hash = message.new_session.page_script_hash
        self._kept.age_max = message.new_session.config.max_cached_message_age
        if not message.metadata.run.fragment_ids:
            self._stop_timers(list(self._timers))

    def _end_run(self, message: ForwardMsg) -> None:
        if message.script_finished == ForwardMsg.FINISHED_WITH_COMPILE_ERROR:
            self._seen.failures.append("the script could not be compiled")
            return
        fragments = list(message.metadata.run.fragment_ids)
        if message.script_finished != ForwardMsg.FINISHED_EARLY_FOR_RERUN:
            self._kept.end_run(fragments)
        elif not self._drawn:
            # The next run began before anything of this one was sent, and what it drew was thrown away.
            return
        if not fragments:
            self.is_drawn.set()
        now = time.perf_counter()
        for fragment in fragments:
            asked = self._asked.pop(fragment, None)
            if asked is not None:
                self._seen.latencies_ms.append((now - asked) * 1000)

    def _set_timer(self, socket: ClientConnection, fragment: str, interval_s: float) -> None:
        known = self._timers.get(fragment)
        if known is not None and known[0] == interval_s:
            return
        self._stop_timers([fragment])
        ticking = asyncio.ensure_future(self._tick(socket, fragment, interval_s))
        self._timers[fragment] = (interval_s, ticking)

    async def _tick(self, socket: ClientConnection, fragment: str, interval_s: float) -> None:
        due = time.perf_counter()
        while True:
            due += interval_s
            await asyncio.sleep(due - time.perf_counter())
            await self._ask(socket, fragment)

    def _stop_timers(self, fragments: list[str]) -> None:
        for fragment in fragments:
            if fragment in self._timers:
                self._timers.pop(fragment)[1].cancel()
                self._asked.pop(fragment, None)


async def report(seen: Refreshes) -> None:
    """Answer each line with what happened since the last, until there are no more."""
    loop = asyncio.get_running_loop()
    while await loop.run_in_executor(None, sys.stdin.readline):
        print(msgspec.json.encode(seen).decode(), flush=True)
        seen.latencies_ms, seen.received_bytes, seen.failures = [], 0, []


async def run(port: int, count: int, query: str) -> None:
    """Open the pages, no two at the same time, as people do."""
    seen = Refreshes()
    pages = [OpenPage(port, query, seen) for _ in range(count)]
    chance = random.Random(count)
    open_pages: list[asyncio.Future[None]] = []
    for page in pages:
        open_pages.append(asyncio.ensure_future(page.run()))
        await asyncio.sleep(chance.uniform(0.05, 0.35))
    try:
        async with asyncio.timeout(OPENS_WITHIN_S):
            await asyncio.gather(*(page.is_drawn.wait() for page in pages))
        print("open", flush=True)
        told = asyncio.ensure_future(report(seen))
        await asyncio.wait([told, *open_pages], return_when=asyncio.FIRST_COMPLETED)
        if not told.done():
            raise ConnectionError("the dashboard closed a page")
    finally:
        for one in open_pages:
            one.cancel()
        with suppress(asyncio.CancelledError):
            await asyncio.gather(*open_pages)


class Pages:
    """The process with the open pages, as whoever measures sees it."""

    def __init__(self, process: subprocess.Popen[str]) -> None:
        self._process = process
        if self._read() != "open":
            raise RuntimeError("the pages did not open")

    def refreshes(self) -> Refreshes:
        """Return what happened since the last time. Raises RuntimeError when a page failed."""
        assert self._process.stdin is not None
        self._process.stdin.write("tell\n")
        self._process.stdin.flush()
        seen = msgspec.json.decode(self._read(), type=Refreshes)
        if seen.failures:
            raise RuntimeError(f"a page failed: {seen.failures[0]}")
        return seen

    def _read(self) -> str:
        assert self._process.stdout is not None
        return self._process.stdout.readline().strip()


@contextmanager
def open_pages(port: int, count: int, query: str) -> Iterator[Pages]:
    """Keep some pages open."""
    process = subprocess.Popen(
        [sys.executable, "-m", "bench.dashboard_pages", str(port), str(count), query],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
    )
    try:
        yield Pages(process)
    finally:
        process.terminate()
        process.wait(timeout=20)


if __name__ == "__main__":
    asyncio.run(run(int(sys.argv[1]), int(sys.argv[2]), sys.argv[3]))

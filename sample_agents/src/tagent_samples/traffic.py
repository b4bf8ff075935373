"""Steady, gentle traffic for the samples: it keeps its pace whatever they do, and ends with whoever started it."""

from __future__ import annotations

import argparse
import asyncio
import os
import signal
import sys
from collections.abc import Sequence
from dataclasses import dataclass, field
from itertools import count

import httpx

IN_FLIGHT_MAX = 32
"""Of one service: a service that hangs costs no more than this many open requests."""
TIMEOUT_S = 10.0
QUESTIONS = (
    "What is a circuit breaker?",
    "How long should I wait before a retry?",
    "What does a health check tell?",
    "Why are percentiles better than averages?",
)
TEXT = (
    "A sidecar is a small process beside a service. It takes over a task that all services share. "
    "The service stays simple. The task is done in one way everywhere. Nobody has to write it twice."
)


@dataclass(frozen=True, slots=True)
class Call:
    """One request to a sample."""

    method: str
    path: str
    body: dict[str, object] | None = None


def call_number(service: str, number: int) -> Call:
    """Return the n-th request to a service; the sequence repeats and leaves nothing behind in demo-service."""
    match service:
        case "chat":
            question = QUESTIONS[number % len(QUESTIONS)]
            return Call("POST", "/v1/chat", {"message": question, "stream": number % 4 == 3})
        case "summary":
            return Call("POST", "/v1/summary", {"text": TEXT, "sentences": 1 + number % 3})
        case _:
            return Call("GET", "/v1/items")


@dataclass
class Traffic:
    """Requests to one service at a fixed pace."""

    service: str
    url: str
    interval_s: float
    in_flight: set[asyncio.Task[None]] = field(default_factory=set)
    complained: set[str] = field(default_factory=set)

    async def run(self) -> None:
        """Send until cancelled."""
        loop = asyncio.get_running_loop()
        limits = httpx.Limits(max_connections=IN_FLIGHT_MAX, keepalive_expiry=30)
        async with (
            httpx.AsyncClient(base_url=self.url, timeout=TIMEOUT_S, limits=limits) as client,
            asyncio.TaskGroup() as requests,
        ):
            started = loop.time()
            for number in count():
                # By the start, not by the last answer: a slow service does not lower the pace.
                await asyncio.sleep(max(0.0, started + number * self.interval_s - loop.time()))
                if len(self.in_flight) < IN_FLIGHT_MAX:
                    task = requests.create_task(
                        self._send(client, call_number(self.service, number))
                    )
                    self.in_flight.add(task)
                    task.add_done_callback(self.in_flight.discard)

    async def _send(self, client: httpx.AsyncClient, call: Call) -> None:
        try:
            response = await client.request(call.method, call.path, json=call.body)
        except httpx.HTTPError as error:
            self._complain(type(error).__name__)
            return
        if response.status_code >= 500:
            self._complain(f"status {response.status_code}")

    def _complain(self, what: str) -> None:
        if what not in self.complained:
            self.complained.add(what)
            sys.stderr.write(f"{self.service}: {what} (said once)\n")
            sys.stderr.flush()


async def run_traffic(traffics: Sequence[Traffic], parent: int) -> None:
    """Send all traffic until the process `parent` is no longer ours."""
    running = asyncio.gather(*(traffic.run() for traffic in traffics))
    # As process 1 of a container nothing would end it but a handler of its own.
    asyncio.get_running_loop().add_signal_handler(signal.SIGTERM, running.cancel)
    try:
        while os.getppid() == parent and not running.done():
            await asyncio.wait([running], timeout=0.5)
    finally:
        running.cancel()
        await asyncio.gather(running, return_exceptions=True)


def plan_traffic(urls: dict[str, str], rate_per_s: float) -> list[Traffic]:
    """Share the rate evenly among the services that have a URL."""
    given = {service: url.rstrip("/") for service, url in urls.items() if url}
    return [Traffic(service, url, len(given) / rate_per_s) for service, url in given.items()]


def main() -> None:
    """Run until Ctrl-C, SIGTERM, or the parent's end."""
    parent = os.getppid()
    parser = argparse.ArgumentParser(prog="traffic")
    for service in ("chat", "summary", "demo"):
        parser.add_argument(f"--{service}", default="", metavar="URL")
    parser.add_argument(
        "--rate-per-s", type=float, default=4.0, help="of all together (%(default)s)"
    )
    arguments = parser.parse_args()
    if arguments.rate_per_s <= 0:
        parser.error("--rate-per-s must be over 0")
    urls = {"chat": arguments.chat, "summary": arguments.summary, "demo": arguments.demo}
    traffics = plan_traffic(urls, arguments.rate_per_s)
    if not traffics:
        parser.error("give at least one of --chat, --summary and --demo")
    try:
        asyncio.run(run_traffic(traffics, parent))
    except KeyboardInterrupt:
        sys.exit(130)


if __name__ == "__main__":
    main()

"""The sidecar's proxy beside HAProxy and nginx, each alone on one core, before the same nginx as the service.

`python -m bench.proxy [SECONDS]`. The sidecar runs as it does in production, with checks, figures and reports to a platform
on. Runs are short and interleaved; a ratio compares the best rounds of one run on one machine, since what else
happens there only ever slows a round down.
"""

from __future__ import annotations

import asyncio
import os
import sys
import tempfile
from collections.abc import AsyncIterator, Sequence
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass
from pathlib import Path

from bench.load import LOAD_CORE, PROXY_CORE, Load, running, wrk
from bench.rows import Row, as_markdown
from tagent_contract.faults import Error, Fault, Latency
from tests.fakes.platform_server import TOKEN, FakePlatform
from tests.fakes.processes import free_ports
from tests.fakes.sidecar_process import SidecarProcess

SECONDS = 3.0
ROUNDS = 5
LATENCY_MS = 10.0
ERROR_SHARE = 0.1
TTL_S = 600.0

UNLIKE_LUA = """
local n = 0
request = function()
  n = n + 1
  return wrk.format("GET", "/unlike/" .. n, {["Host"] = "service", ["X-Request-Id"] = tostring(n * 7919)})
end
"""

OURS, DIRECT, HAPROXY, NGINX = "tagent", "direct", "HAProxy", "nginx"

HEADERS = (
    "User-Agent: Mozilla/5.0 (X11; Linux x86_64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/120.0.0.0 Safari/537.36",
    "Accept: text/html,application/xhtml+xml,application/xml;q=0.9,image/avif,image/webp,*/*;q=0.8",
    "Accept-Language: en-US,en;q=0.9,de;q=0.8",
    "Accept-Encoding: gzip, deflate, br",
    "Connection: keep-alive",
    "Cache-Control: no-cache",
    "Cookie: session=abcdef0123456789abcdef0123456789; theme=dark; _ga=GA1.2.1234567890.1234567890",
    "Authorization: Bearer eyJhbGciOiJIUzI1NiIsInR5cCI6IkpXVCJ9.eyJzdWIiOiIxMjM0NTY3ODkwIn0.c2lnbmF0dXJl",
    "X-Request-Id: 0123456789abcdef0123456789abcdef",
    "X-Forwarded-For: 10.1.2.3",
)


@dataclass(frozen=True, slots=True)
class Scene:
    """One kind of load."""

    connections: int = 32
    path: str = "/"
    unlike: bool = False
    """No two requests of a connection are alike, and neither are their answers."""
    headers: Sequence[str] = ()


PLAIN = Scene()
UNLIKE = Scene(unlike=True)
ONE = Scene(connections=1)
TEN_HEADERS = Scene(headers=HEADERS)
BODY_64K = Scene(path="/64k")
BODY_1M = Scene(path="/1m", connections=8)


def rows(seconds: float = SECONDS) -> list[Row]:
    """Measure, and return the rows of the table."""
    return asyncio.run(_measure(seconds))


async def _measure(seconds: float) -> list[Row]:
    async with _street() as (ports, platform, script):
        figures = {
            scene: await _interleaved(ports, scene, seconds, script)
            for scene in (PLAIN, ONE, UNLIKE, TEN_HEADERS, BODY_64K, BODY_1M)
        }
        return [
            _throughput("proxy throughput, 32 connections", figures[PLAIN], must=0.85, goal=1.0),
            _p50("proxy p50, 1 connection", figures[ONE]),
            _throughput("proxy throughput, no two requests or answers alike", figures[UNLIKE]),
            _throughput("proxy throughput, ten headers", figures[TEN_HEADERS]),
            _throughput("proxy throughput, 64 KiB bodies", figures[BODY_64K]),
            _throughput("proxy throughput, 1 MiB bodies, 8 connections", figures[BODY_1M]),
            *await _with_faults(ports[OURS], platform, seconds),
        ]


async def _interleaved(
    ports: dict[str, int], scene: Scene, seconds: float, script: str
) -> dict[str, list[Load]]:
    loads: dict[str, list[Load]] = {name: [] for name in ports}
    for _ in range(ROUNDS):
        for name, port in ports.items():
            url = f"http://127.0.0.1:{port}{scene.path}"
            loads[name].append(
                await wrk(
                    url,
                    seconds=seconds,
                    connections=scene.connections,
                    headers=scene.headers,
                    script=script if scene.unlike else "",
                )
            )
    return loads


def _throughput(
    what: str,
    loads: dict[str, list[Load]],
    must: float | None = None,
    goal: float | None = None,
) -> Row:
    rates = {name: max(load.per_second for load in taken) for name, taken in loads.items()}
    return Row(
        what,
        "x HAProxy",
        rates[OURS] / rates[HAPROXY],
        must=must,
        goal=goal,
        higher_is_better=True,
        peers={name: rates[name] / rates[HAPROXY] for name in (NGINX, DIRECT)},
        note=f"{rates[OURS]:.0f}/s, HAProxy {rates[HAPROXY]:.0f}/s",
    )


def _p50(what: str, loads: dict[str, list[Load]]) -> Row:
    p50s = {name: min(load.p50_us for load in taken) for name, taken in loads.items()}
    return Row(
        what,
        "x HAProxy",
        p50s[OURS] / p50s[HAPROXY],
        must=1.2,
        goal=1.0,
        peers={name: p50s[name] / p50s[HAPROXY] for name in (NGINX, DIRECT)},
        note=f"{p50s[OURS]:.0f} µs, HAProxy {p50s[HAPROXY]:.0f} µs",
    )


async def _with_faults(port: int, platform: FakePlatform, seconds: float) -> list[Row]:
    url = f"http://127.0.0.1:{port}/"
    await _inject(platform, "latency", Latency(latency_ms=LATENCY_MS, ttl_s=TTL_S))
    slow = await wrk(url, seconds=seconds, connections=8)
    await _inject(platform, "error", Error(probability=ERROR_SHARE, seed=1, ttl_s=TTL_S))
    broken = await wrk(url, seconds=seconds, connections=8)
    await platform.set_plan(faults=())
    return [
        Row(
            f"latency fault of {LATENCY_MS:.0f} ms: p50 beyond it, 8 connections",
            "µs",
            slow.p50_us - LATENCY_MS * 1000,
        ),
        Row(
            f"error fault of {ERROR_SHARE:.0%}: share of errors, 8 connections",
            "of 1",
            broken.failed / broken.requests,
            note=f"{broken.per_second:.0f}/s, p50 {broken.p50_us:.0f} µs",
        ),
    ]


async def _inject(platform: FakePlatform, name: str, fault: Fault) -> None:
    await platform.set_plan(faults=())
    await platform.inject(fault, fault_id=name, ttl_s=TTL_S)
    await platform.until(lambda: platform.progress(name), f"the {name} fault is acknowledged")


@asynccontextmanager
async def _street() -> AsyncIterator[tuple[dict[str, int], FakePlatform, str]]:
    service, haproxy, nginx = free_ports(3)
    platform = FakePlatform()
    async with AsyncExitStack() as stack:
        folder = Path(stack.enter_context(tempfile.TemporaryDirectory()))
        _write_files(folder, service, haproxy, nginx)
        for port, core, name in ((service, LOAD_CORE, "service"), (nginx, PROXY_CORE, "nginx")):
            await stack.enter_async_context(
                running(port, core, "nginx", "-p", str(folder), "-c", str(folder / f"{name}.conf"))
            )
        await stack.enter_async_context(
            running(haproxy, PROXY_CORE, "haproxy", "-db", "-f", str(folder / "haproxy.cfg"))
        )
        await platform.start()
        stack.push_async_callback(platform.stop)
        sidecar = await SidecarProcess.start(
            [
                "--target",
                f"127.0.0.1:{service}",
                "--check-path",
                "/",
                "--platform-url",
                platform.url,
            ],
            {"TAGENT_TOKEN": TOKEN},
            quick=(),
        )
        stack.push_async_callback(sidecar.stop)
        os.sched_setaffinity(sidecar.process.pid, {int(PROXY_CORE)})
        await platform.until(platform.is_healthy, "the sidecar is up")
        yield (
            {
                OURS: await sidecar.port(),
                HAPROXY: haproxy,
                NGINX: nginx,
                DIRECT: service,
            },
            platform,
            str(folder / "unlike.lua"),
        )


def _write_files(folder: Path, service: int, haproxy: int, nginx: int) -> None:
    # nginx's workers leave root and must be able to read.
    folder.chmod(0o755)
    for name, size in (("64k", 2**16), ("1m", 2**20)):
        (folder / name).write_bytes(os.urandom(size))
    (folder / "unlike.lua").write_text(UNLIKE_LUA)
    (folder / "service.conf").write_text(
        _nginx(
            folder,
            "service",
            f"server {{ listen 127.0.0.1:{service}; root {folder};"
            ' location = / { return 200 "hello world\\n"; }'
            ' location /unlike/ { return 200 "hello $request_uri\\n"; } }',
        )
    )
    (folder / "nginx.conf").write_text(
        _nginx(
            folder,
            "nginx",
            f"upstream service {{ server 127.0.0.1:{service}; keepalive 64; keepalive_requests 100000000; }}"
            f"server {{ listen 127.0.0.1:{nginx}; location / {{ proxy_pass http://service;"
            ' proxy_http_version 1.1; proxy_set_header Connection ""; } }',
        )
    )
    (folder / "haproxy.cfg").write_text(
        "global\n nbthread 1\n maxconn 4000\ndefaults\n mode http\n timeout connect 5s\n timeout client 60s\n"
        f" timeout server 60s\nfrontend in\n bind 127.0.0.1:{haproxy}\n default_backend out\n"
        f"backend out\n server one 127.0.0.1:{service}\n"
    )


def _nginx(folder: Path, name: str, servers: str) -> str:
    return (
        f"worker_processes 1; daemon off; pid {folder}/{name}.pid; error_log {folder}/{name}.log;\n"
        "events { worker_connections 4096; }\n"
        "http { access_log off; keepalive_requests 100000000; default_type text/plain; sendfile on;\n"
        f"{servers} }}\n"
    )


if __name__ == "__main__":
    print(as_markdown(rows(float(sys.argv[1]) if len(sys.argv) > 1 else SECONDS)))

"""The sidecar as a process with what Cloud Run gives a container: its port, its names, a metadata server, and ten seconds at the end."""

from __future__ import annotations

import asyncio
import signal
import sys
import time
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator

import pytest

from tagent_contract.faults import Latency
from tagent_contract.health import Health
from tagent_contract.reports import Place
from tagent_sidecar import cpu_gaps
from tests.fakes.cloud_run_front import CloudRunFront, cloud_run_front
from tests.fakes.metadata_server import INSTANCE_ID, FakeMetadata, metadata_server
from tests.fakes.platform_server import TOKEN, FakePlatform
from tests.fakes.processes import free_ports
from tests.fakes.sidecar_process import TOY_SERVICE, SidecarProcess, get

pytestmark = pytest.mark.integration

AUDIENCE = "https://platform-abc.run.app"
STOPPED_WITHIN_S = 10.0
"""Then Cloud Run kills."""


@pytest.fixture
def metadata() -> Iterator[FakeMetadata]:
    with metadata_server() as fake:
        yield fake


@pytest.fixture
def front(platform: FakePlatform) -> Iterator[CloudRunFront]:
    with cloud_run_front(platform.port, AUDIENCE) as one:
        yield one


class Instance:
    """One instance: the sidecar's container, and the app's beside it."""

    def __init__(self, sidecar: SidecarProcess, app: asyncio.subprocess.Process, port: int) -> None:
        self.sidecar, self.app, self.port = sidecar, app, port


StartInstance = Callable[..., Awaitable[Instance]]


@pytest.fixture
async def start_instance(
    platform: FakePlatform, metadata: FakeMetadata
) -> AsyncIterator[StartInstance]:
    started: list[Instance] = []

    async def start(
        *arguments: str, url: str | None = None, app_delay_s: float = 0.0, **env: str
    ) -> Instance:
        port, app_port = free_ports(2)
        app = await asyncio.create_subprocess_exec(
            sys.executable, TOY_SERVICE, "--port", str(app_port), "--start-delay-s", str(app_delay_s)
        )  # fmt: skip
        sidecar = await SidecarProcess.start(
            arguments,
            {
                "PORT": str(port),
                "K_SERVICE": "toy-run",
                "K_REVISION": "toy-run-00007-xyz",
                "K_CONFIGURATION": "toy-run",
                "GCE_METADATA_HOST": metadata.host,
                "TAGENT_TARGET": f"127.0.0.1:{app_port}",
                "TAGENT_PLATFORM_URL": url or platform.url,
                "TAGENT_TOKEN": TOKEN,
                **env,
            },
            named=(),
        )
        started.append(Instance(sidecar, app, port))
        return started[-1]

    yield start
    for instance in started:
        instance.app.kill()
        await instance.app.wait()
        await instance.sidecar.stop()


async def test_it_takes_the_port_and_the_names_that_cloud_run_gives(
    platform: FakePlatform, start_instance: StartInstance
) -> None:
    instance = await start_instance(TAGENT_SERVICE="toy")
    assert await instance.sidecar.port() == instance.port
    assert instance.sidecar.find(r"callers connect at 0\.0\.0\.0:")
    await platform.until(platform.is_healthy, "healthy")
    report = platform.last
    assert (report.service, report.instance) == ("toy", INSTANCE_ID)
    assert report.place == Place(
        runtime="cloud_run",
        service="toy-run",
        revision="toy-run-00007-xyz",
        project="acme",
        region="europe-north1",
    )
    assert not report.supervised
    assert set(report.missing) == {"crash", "hang", "cpu", "memory"}
    assert "latency" in report.capabilities
    assert (await get(instance.port))[0] == 200


async def test_without_a_name_it_has_the_services_on_cloud_run(
    platform: FakePlatform, start_instance: StartInstance
) -> None:
    await start_instance()
    await platform.until(lambda: platform.reports, "a report")
    assert platform.last.service == "toy-run"


async def test_a_probe_that_only_connects_leaves_no_trace_whether_or_not_the_app_is_there(
    platform: FakePlatform, start_instance: StartInstance
) -> None:
    instance = await start_instance(app_delay_s=1.5)
    await instance.sidecar.port()
    for _ in range(3):
        _, writer = await asyncio.open_connection("127.0.0.1", instance.port)
        writer.close()
        await asyncio.sleep(0.05)
    await platform.until(platform.is_healthy, "healthy")
    for _ in range(3):
        _, writer = await asyncio.open_connection("127.0.0.1", instance.port)
        writer.close()
    await asyncio.sleep(0.5)
    windows = [window for report in platform.reports for window in report.windows]
    assert windows
    assert sum(window.requests + window.rejected for window in windows) == 0
    assert not any(window.errors for window in windows)
    assert {report.state.health for report in platform.reports} <= {Health.UNKNOWN, Health.HEALTHY}


@pytest.mark.parametrize("supervised", [False, True])
async def test_sigterm_ends_it_in_time_whatever_is_still_under_way(
    platform: FakePlatform, start_instance: StartInstance, supervised: bool
) -> None:
    (app_port,) = free_ports(1)
    deaf = f"import signal, runpy, sys; signal.signal(15, signal.SIG_IGN); sys.argv=['toy', '--port', '{app_port}']; runpy.run_path('{TOY_SERVICE}', run_name='__main__')"
    command = ("--", sys.executable, "-c", deaf) if supervised else ()
    env = {"TAGENT_TARGET": f"127.0.0.1:{app_port}"} if supervised else {}
    instance = await start_instance("--drain-timeout-s", "10", *command, **env)
    await platform.until(platform.is_healthy, "healthy")
    await platform.inject(Latency(latency_ms=60_000))
    await platform.until(lambda: platform.progress(), "the fault")
    slow = asyncio.ensure_future(get(instance.port, timeout_s=30))
    await asyncio.sleep(0.2)
    before = time.monotonic()
    instance.sidecar.signal(signal.SIGTERM)
    assert await instance.sidecar.ended() == 0
    assert time.monotonic() - before < STOPPED_WITHIN_S
    assert platform.last.goodbye
    slow.cancel()


async def test_a_request_under_way_is_answered_before_the_end(
    platform: FakePlatform, start_instance: StartInstance
) -> None:
    instance = await start_instance()
    await platform.until(platform.is_healthy, "healthy")
    reader, writer = await asyncio.open_connection("127.0.0.1", instance.port)
    writer.write(b"POST / HTTP/1.1\r\nhost: x\r\ncontent-length: 4\r\n\r\nhal")
    await asyncio.sleep(0.2)
    instance.sidecar.signal(signal.SIGTERM)
    await instance.sidecar.until_logged("asked to end")
    writer.write(b"f")
    head = await reader.readuntil(b"\r\n\r\n")
    assert head.startswith(b"HTTP/1.1 200")
    writer.close()
    assert await instance.sidecar.ended() == 0
    assert platform.last.goodbye


# --- Google ID tokens ---------------------------------------------------------------------------------------------


async def test_it_comes_in_with_a_google_id_token_beside_its_own(
    platform: FakePlatform,
    front: CloudRunFront,
    metadata: FakeMetadata,
    start_instance: StartInstance,
) -> None:
    await start_instance(url=front.url, TAGENT_ID_TOKEN_AUDIENCE=AUDIENCE)
    await platform.until(platform.is_healthy, "healthy")
    await platform.until(lambda: len(platform.polls) > 1, "plans")
    assert front.refused == 0
    assert metadata.tokens_given == 1


async def test_without_the_role_it_says_which_is_missing_and_comes_in_once_it_is_there(
    platform: FakePlatform, front: CloudRunFront, start_instance: StartInstance
) -> None:
    invokers, front.invokers = front.invokers, set()
    instance = await start_instance(url=front.url, TAGENT_ID_TOKEN_AUDIENCE=AUDIENCE)
    await instance.sidecar.until_logged(r"before the platform refuses.*403.*roles/run\.invoker")
    assert (await get(instance.port))[0] == 200
    assert platform.reports == []
    front.invokers = invokers
    await platform.until(platform.is_healthy, "healthy")


async def test_a_metadata_server_that_is_slow_or_away_holds_nobody_up(
    platform: FakePlatform, metadata: FakeMetadata, start_instance: StartInstance
) -> None:
    metadata.delay_s = 30.0
    instance = await start_instance(TAGENT_ID_TOKEN_AUDIENCE=AUDIENCE)
    await platform.until(platform.is_healthy, "healthy, without a token")
    assert (await get(instance.port))[0] == 200
    assert platform.last.instance == f"toy-run-{instance.port}"
    assert platform.last.place is not None
    assert (platform.last.place.revision, platform.last.place.project) == ("toy-run-00007-xyz", "")
    failures = [text for text in instance.sidecar.texts if "no Google ID token" in text]
    assert len(failures) == 1
    metadata.delay_s = 0.0


# --- CPU ----------------------------------------------------------------------------------------------------------


async def test_a_process_that_is_not_given_the_cpu_says_so_once(
    monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    monkeypatch.setattr(cpu_gaps, "INTERVAL_S", 0.02)
    monkeypatch.setattr(cpu_gaps, "GAP_S", 0.3)
    watching = asyncio.ensure_future(cpu_gaps.watch_cpu_gaps())
    for _ in range(3):
        await asyncio.sleep(0.05)
        time.sleep(0.5)
    async with asyncio.timeout(10):
        await watching
    assert len([line for line in caplog.messages if "did not run for" in line]) == 1
    assert "--no-cpu-throttling" in caplog.text

"""The admin port of a real sidecar, as people and Prometheus read it."""

from __future__ import annotations

import asyncio
import json
import shutil
import subprocess

import pytest

from tagent_contract.faults import Latency
from tests.fakes.platform_server import FakePlatform
from tests.fakes.processes import free_ports
from tests.fakes.sidecar_process import get
from tests.integration.sidecar.program.conftest import StartSidecar

pytestmark = pytest.mark.integration


async def test_health_faults_and_metrics_can_be_read(
    platform: FakePlatform, start_sidecar: StartSidecar
) -> None:
    sidecar = await start_sidecar("--instance", "toy-a")
    port, admin = await sidecar.port(), await sidecar.admin_port()
    await platform.until(platform.is_healthy, "healthy")
    await platform.inject(Latency(latency_ms=1))
    await platform.until(lambda: platform.progress(), "acknowledged")
    for _ in range(5):
        await get(port)
    told = len(platform.reports)
    await platform.until(lambda: len(platform.reports) > told + 2, "a window or two")

    status, body = await get(admin, "/healthz")
    said = json.loads(body)
    assert (status, said["status"], said["instance"]) == (200, "ok", "toy-a")
    assert said["health"] == "HEALTHY"

    _, body = await get(admin, "/faults")
    (item,) = json.loads(body)["items"]
    assert item["fault"]["type"] == "latency"
    assert (item["progress"]["id"], item["progress"]["injected"]) == ("f1", 5)

    _, body = await get(admin, "/metrics")
    lines = body.decode().splitlines()
    assert "tagent_requests_total 5" in lines
    assert 'tagent_health{health="HEALTHY"} 1' in lines
    assert 'tagent_faults_active{type="latency"} 1' in lines
    assert 'tagent_fault_injected_total{fault="f1",type="latency"} 5' in lines
    assert "tagent_first_byte_seconds_count 5" in lines


async def test_the_metrics_are_as_prometheus_wants_them(
    platform: FakePlatform, start_sidecar: StartSidecar
) -> None:
    if shutil.which("promtool") is None:
        pytest.skip("promtool is not installed (Debian: prometheus)")
    sidecar = await start_sidecar()
    admin = await sidecar.admin_port()
    await platform.until(lambda: platform.is_healthy() and platform.last.windows, "a window")
    await platform.inject(Latency(latency_ms=1))
    await platform.until(lambda: platform.progress(), "acknowledged")
    _, body = await get(admin, "/metrics")
    judged = await asyncio.to_thread(
        subprocess.run,
        ["promtool", "check", "metrics"],
        input=body,
        capture_output=True,
        check=False,
    )
    assert (judged.returncode, judged.stdout, judged.stderr) == (0, b"", b"")


async def test_a_sidecar_that_never_reached_the_platform_says_for_how_long(
    start_sidecar: StartSidecar,
) -> None:
    nobody = f"http://127.0.0.1:{free_ports(1)[0]}"
    sidecar = await start_sidecar("--platform-url", nobody, linked=False)
    _, body = await get(await sidecar.admin_port(), "/metrics")
    (age,) = [
        float(line.split()[1])
        for line in body.decode().splitlines()
        if line.startswith("tagent_last_answer_age_seconds ")
    ]
    assert 0 < age < 120


async def test_the_admin_port_is_for_reading_and_bounded(start_sidecar: StartSidecar) -> None:
    sidecar = await start_sidecar(linked=False)
    admin = await sidecar.admin_port()
    assert (await get(admin, "/nothing"))[0] == 404
    reader, writer = await asyncio.open_connection("127.0.0.1", admin)
    writer.write(b"DELETE /faults HTTP/1.1\r\n\r\n")
    assert (await reader.read()).startswith(b"HTTP/1.1 405 ")
    writer.close()
    reader, writer = await asyncio.open_connection("127.0.0.1", admin)
    writer.write(b"HEAD /healthz HTTP/1.1\r\n\r\n")
    assert (await reader.read()).endswith(b"\r\n\r\n")
    writer.close()
    for rubbish in (b"\x00" * 20_000, b"\r\n\r\n", b"GET\r\n\r\n", b"GET /healthz"):
        reader, writer = await asyncio.open_connection("127.0.0.1", admin)
        writer.write(rubbish)
        writer.write_eof()
        await reader.read()
        writer.close()
    idle = [await asyncio.open_connection("127.0.0.1", admin) for _ in range(40)]
    for _, writer in idle:
        writer.transport.abort()
    async with asyncio.timeout(10):
        while (await get(admin, "/healthz"))[0] != 200:
            await asyncio.sleep(0.05)


async def test_the_admin_port_can_be_off(start_sidecar: StartSidecar) -> None:
    sidecar = await start_sidecar("--admin", "off", linked=False)
    await sidecar.port()
    assert sidecar.find("admin port") is None

"""What nobody should send, and what should never happen: a clear error or a clear state, nothing lost, nothing stuck."""

from __future__ import annotations

import os
import resource
import shutil
import socket
import subprocess
import time
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path

import httpx
import msgspec
import psutil
import pytest

from tagent_client.errors import ApiError
from tagent_contract.faults import Error, Healing
from tagent_contract.health import Health, HealthReason, InstanceState
from tagent_contract.reports import Batch, Report
from tagent_contract.times import format_time
from tests.e2e.processes import BIN, eventually, free_port, holds
from tests.e2e.stack import Stack, stack

RSS_GROWTH_BYTES_MAX = 150 * 2**20


def report(
    *, boot_id: str = "boot-0001", seq: int = 1, health: Health = Health.HEALTHY, **fields: object
) -> Report:
    state = InstanceState(
        health=health,
        reason=HealthReason.HEALTHY if health is Health.HEALTHY else HealthReason.ERROR_RATIO,
    )
    whole = {
        "service": "by-hand", "instance": "by-hand-1", "boot_id": boot_id, "seq": seq, "state": state, "boot_age_s": 10.0,
        "sent_at": format_time(time.time()), "incarnation": "1", **fields,
    }  # fmt: skip
    return msgspec.convert(msgspec.to_builtins(whole), Report)


def send(running: Stack, *reports: Report, token: str) -> httpx.Response:
    return httpx.post(
        f"{running.url}/telemetry",
        content=msgspec.json.encode(Batch(reports=reports)),
        headers={"authorization": f"Bearer {token}"},
        timeout=10,
        verify=False,
    )


@pytest.fixture
def token(running: Stack) -> str:
    with running.client() as client:
        minted = client.mint_token("by-hand", "sidecar", "by-hand").token
    assert minted
    return minted


def test_duplicates_and_latecomers_decide_nothing(running: Stack, token: str) -> None:
    for seq, health in (
        (1, Health.HEALTHY),
        (3, Health.HEALTHY),
        (2, Health.UNHEALTHY),
        (3, Health.UNHEALTHY),
    ):
        assert send(running, report(seq=seq, health=health), token=token).status_code == 200
    # The service's health follows its instance's, a look of the loop later.
    running.wait_for_health("by-hand", Health.HEALTHY)
    told = running.events("by-hand")
    assert len([event for event in told if event.type == "health.changed"]) <= 1
    assert {event.data["to"] for event in told if "to" in event.data} == {"HEALTHY"}


@pytest.mark.parametrize("sent_at", ["2099-01-01T00:00:00.000Z", "1970-01-01T00:00:00.000Z"])
def test_a_report_from_another_time_counts_now_and_its_offset_is_known(
    running: Stack, token: str, sent_at: str
) -> None:
    assert send(running, report(sent_at=sent_at), token=token).status_code == 200
    running.wait_for_health("by-hand", Health.HEALTHY)
    with running.client() as client:
        service = client.service("by-hand")
    assert abs(service.instances[0].clock_offset_s) > 10**8
    assert not service.instances[0].last_contact_at.startswith(("2099", "1970"))


def test_a_report_that_is_wrong_is_named_by_its_field(running: Stack, token: str) -> None:
    wrong = msgspec.to_builtins(Batch(reports=(report(),)))
    wrong["reports"][0]["state"]["health"] = "FINE"
    answer = httpx.post(
        f"{running.url}/telemetry",
        json=wrong,
        headers={"authorization": f"Bearer {token}"},
        verify=False,
    )
    assert answer.status_code == 422
    assert answer.json()["field"] == "$.reports[0].state.health"


def test_of_two_sidecars_with_one_name_the_newest_wins(running: Stack) -> None:
    older = running.start_sidecar("chat-service")
    with running.client() as client:
        fault = client.inject(
            "chat-service", Error(http_status=503, ttl_s=60, healing=Healing.SUPPRESS)
        )
        eventually("the fault to be felt", lambda: older.status() == 503)
        newer_port = free_port()
        command = [
            str(part).replace(f"127.0.0.1:{older.port}", f"127.0.0.1:{newer_port}")
            for part in older.command
        ]
        # Beside the same service, without starting it again.
        command = command[: command.index("--")]
        running.processes.start("newer", command, older.env)
        eventually("the older to end its faults", lambda: older.status() == 200)
        eventually("the fault's end", lambda: client.fault(fault.id).state.is_final)
        eventually(
            "the newer to be the one",
            lambda: str(newer_port) in client.service("chat-service").instances[0].address,
        )
        holds("the older stays out, and proxies", lambda: older.status() == 200, 1.5)
        assert len(client.service("chat-service").instances) == 1
    superseded = [
        event for event in running.events("chat-service") if event.type == "instance.superseded"
    ]
    assert len(superseded) == 1


def test_a_wrong_a_revoked_and_a_foreign_token_are_refused(running: Stack, token: str) -> None:
    assert send(running, report(), token="wrong").status_code == 401
    assert send(running, report(service="other"), token=token).status_code == 403
    assert send(running, report(), token=running.token("viewer")).status_code == 403
    with running.client() as client:
        mine = next(one for one in client.tokens() if one.name == "by-hand")
        client.revoke_token(mine.id)
    assert send(running, report(), token=token).status_code == 401
    with running.client(running.token("viewer")) as viewer, pytest.raises(ApiError) as refused:
        viewer.halt("I may not")
    assert refused.value.status == 403


def rss_bytes(running: Stack) -> int:
    assert running.platform is not None
    return int(psutil.Process(running.platform.pid).memory_info().rss)


@pytest.mark.parametrize("path", ["/telemetry", "/api/v1/services/chat-service/faults"])
@pytest.mark.parametrize("chunked", [False, True], ids=["announced", "chunked"])
def test_a_body_of_100_mb_is_refused_without_being_kept(
    running: Stack, token: str, path: str, *, chunked: bool
) -> None:
    before = rss_bytes(running)
    megabyte = b" " * 2**20

    def pieces() -> Iterator[bytes]:
        for _ in range(100):
            yield megabyte

    secret = token if path == "/telemetry" else running.token()
    headers = {"authorization": f"Bearer {secret}"}
    if not chunked:
        headers["content-length"] = str(100 * 2**20)
    try:
        answer = httpx.post(
            running.url + path, content=pieces(), headers=headers, timeout=60, verify=False
        )
        assert answer.status_code == 413
    except (httpx.WriteError, httpx.ReadError, httpx.RemoteProtocolError):
        pass  # closed on us while we were still sending, which is an answer too
    assert rss_bytes(running) - before < RSS_GROWTH_BYTES_MAX
    assert httpx.get(f"{running.url}/healthz", verify=False).is_success


@contextmanager
def silent_connections(port: int, count: int) -> Iterator[int]:
    """Open up to `count` connections that send nothing; yields how many there are."""
    with ExitStack() as opened:
        number = 0
        for index in range(count):
            one = opened.enter_context(socket.socket())
            one.settimeout(2)
            # Many source addresses: one of them has too few ports left for so many connections after earlier tests.
            one.bind((f"127.0.1.{1 + index % 200}", 0))
            try:
                one.connect(("127.0.0.1", port))
            except OSError:
                continue
            number += 1
        yield number


def test_ten_thousand_connections_that_send_nothing_keep_nobody_out(running: Stack) -> None:
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    wanted = 10_000
    if hard != resource.RLIM_INFINITY and hard < wanted + 500:
        pytest.skip(f"this machine allows {hard} descriptors a process")
    resource.setrlimit(resource.RLIMIT_NOFILE, (wanted + 500, hard))
    try:
        sidecar = running.start_sidecar("chat-service")
        processes = {"platform": running.platform, "sidecar": sidecar.process}
        before = {
            name: psutil.Process(one.pid).memory_info().rss
            for name, one in processes.items()
            if one
        }
        for port in (running.port, sidecar.port):
            with silent_connections(port, wanted):
                eventually(
                    "the platform to answer",
                    lambda: httpx.get(f"{running.url}/healthz", timeout=5, verify=False).is_success,
                )
                eventually("the service to answer", lambda: sidecar.status(timeout_s=5) == 200, 30)
        for name, one in processes.items():
            assert one is not None
            assert (
                psutil.Process(one.pid).memory_info().rss - before[name] < RSS_GROWTH_BYTES_MAX
            ), name
        running.wait_for_health("chat-service", Health.HEALTHY)
    finally:
        resource.setrlimit(resource.RLIMIT_NOFILE, (soft, hard))


def test_log_lines_of_a_megabyte_and_of_control_characters_are_bounded_and_plain(
    running: Stack,
) -> None:
    running.start_sidecar(
        "chat-service",
        "--say",
        r"\x1b[31mred\x1b[0m \x00 \x07 Authorization: Bearer abcdefghijklmnop1234",
        "--say-bytes",
        str(2**20),
    )
    with running.client() as client:
        lines = eventually(
            "the lines",
            lambda: (found := client.logs("chat-service")) and len(found) >= 2 and found,
        )
    for line in lines:
        assert len(line.text) <= 4096
        assert all(character.isprintable() or character == "\t" for character in line.text), (
            line.text
        )
    assert not any("abcdefghijklmnop1234" in line.text for line in lines)


def test_a_second_platform_on_the_same_files_is_refused_in_one_sentence(running: Stack) -> None:
    second = subprocess.run(
        [BIN / "tagent-platform", "--port", str(free_port()), "--home", running.home],
        capture_output=True, text=True, timeout=30, check=False,
    )  # fmt: skip
    assert second.returncode == 1
    assert "state.db" in second.stderr
    assert "Traceback" not in second.stderr
    assert httpx.get(f"{running.url}/readyz", verify=False).is_success


def test_a_taken_port_is_named_with_the_option_that_changes_it(
    running: Stack, tmp_path: Path
) -> None:
    second = subprocess.run(
        [BIN / "tagent-platform", "--port", str(running.port), "--home", tmp_path / "elsewhere"],
        capture_output=True, text=True, timeout=30, check=False,
    )  # fmt: skip
    assert second.returncode == 1
    assert str(running.port) in second.stderr
    assert "--port" in second.stderr
    assert "Traceback" not in second.stderr


@contextmanager
def small_disk(folder: Path, size: str) -> Iterator[Path]:
    """Mount a file system of this size; skips where that is not allowed."""
    folder.mkdir(parents=True, exist_ok=True)
    mounted = subprocess.run(
        ["mount", "-t", "tmpfs", "-o", f"size={size}", "tagent-test", str(folder)],
        capture_output=True,
        check=False,
    )
    if mounted.returncode:
        pytest.skip("mounting a small disk is not allowed here")
    try:
        yield folder
    finally:
        subprocess.run(["umount", "-l", str(folder)], check=True)


def test_a_full_disk_is_a_503_and_passes(tmp_path: Path) -> None:
    if os.geteuid() != 0 or shutil.which("mount") is None:
        pytest.skip("needs root to mount a small disk")
    with small_disk(tmp_path / "home", "24m"), stack(tmp_path) as running:
        sidecar = running.start_sidecar("chat-service")
        ballast = running.home / "ballast"
        with running.client() as client:
            with ballast.open("wb") as file:
                try:
                    while True:
                        file.write(b"\0" * 65536)
                        file.flush()
                except OSError:
                    pass
            assert _status_when_full(running) == 503
            assert sidecar.status() == 200
            assert client.service("chat-service").name == "chat-service", "reading goes on"
            ballast.unlink()
            eventually("writing to work again", lambda: _accepted(running))
            client.end_maintenance("chat-service")
            running.wait_for_health("chat-service", Health.HEALTHY)
        running.kill_platform()
        running.start_platform()
        running.wait_for_health("chat-service", Health.HEALTHY)


def _status_when_full(running: Stack) -> int:
    """Write until something is refused: the last page of a file may have room left."""
    with running.client() as client:
        for _ in range(2000):
            try:
                client.set_maintenance("chat-service", "x" * 400, 60)
            except ApiError as refused:
                return refused.status
    return 0


def _accepted(running: Stack) -> bool:
    try:
        with running.client() as client:
            client.set_maintenance("chat-service", "there is room again", 60)
    except ApiError:
        return False
    return True


def test_a_disk_that_refuses_every_write_is_a_503_and_passes(tmp_path: Path) -> None:
    with stack(tmp_path) as running:
        running.start_sidecar("chat-service")
        # Open files forbid a read-only remount, so the kernel is told to refuse writes by their place in the file.
        assert running.platform is not None
        resource.prlimit(running.platform.pid, resource.RLIMIT_FSIZE, (1, resource.RLIM_INFINITY))
        assert not _accepted(running)
        assert running.platform.running
        resource.prlimit(
            running.platform.pid,
            resource.RLIMIT_FSIZE,
            (resource.RLIM_INFINITY, resource.RLIM_INFINITY),
        )
        eventually("writing to work again", lambda: _accepted(running))

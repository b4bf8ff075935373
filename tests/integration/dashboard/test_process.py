"""The dashboard as a process: what it says, how it refuses to start, and how it ends."""

from __future__ import annotations

import json
import signal
import socket
import subprocess
import sys
import threading
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path

import httpx
import pytest

from tests.e2e.processes import HANG_S, Process, Processes, eventually, free_port, processes

pytestmark = pytest.mark.integration


@pytest.fixture
def started(tmp_path: Path) -> Iterator[Processes]:
    with processes(tmp_path) as all_of_them:
        yield all_of_them


def start(started: Processes, **env: str) -> Process:
    """Start one before a platform that is not there, and wait until it answers."""
    port = free_port()
    process = started.start(
        "dashboard",
        [sys.executable, "-m", "tagent_dashboard", "--port", str(port)],
        {
            "TAGENT_HOME": str(started.folder),
            "TAGENT_URL": f"http://127.0.0.1:{free_port()}",
            **env,
        },
    )

    def answers() -> bool:
        assert process.running, process.said()
        try:
            return httpx.get(
                f"http://127.0.0.1:{port}/_stcore/health", timeout=5, verify=False
            ).is_success
        except httpx.HTTPError:
            return False

    eventually("the dashboard", answers, 60)
    return process


def lines(process: Process) -> list[dict[str, str]]:
    """Return its log; every line is an object with the same four names."""
    said = [json.loads(line) for line in process.said().splitlines()]
    assert all(set(line) - {"error"} == {"at", "level", "logger", "message"} for line in said)
    return said


@pytest.mark.parametrize(
    ("number", "code"), [(signal.SIGTERM, 0), (signal.SIGINT, 130), (signal.SIGHUP, 0)]
)
def test_it_says_little_in_one_form_and_ends_when_told(
    started: Processes, number: signal.Signals, code: int
) -> None:
    process = start(started, TAGENT_TOKEN="not-to-be-shown")
    process.popen.send_signal(number)
    assert process.popen.wait(HANG_S) == code
    first, *more = lines(process)
    assert "serving on port" in first["message"]
    assert {line["message"].split(":")[0] for line in more} <= {"events are not followed"}
    assert "not-to-be-shown" not in process.said()


def test_whoever_waits_for_a_platform_that_hangs_does_not_keep_it_from_ending(
    started: Processes,
) -> None:
    with socket.create_server(("127.0.0.1", 0)) as silent:
        url = f"http://127.0.0.1:{silent.getsockname()[1]}"
        process = start(started, TAGENT_URL=url)
        form = f"http://127.0.0.1:{process.popen.args[-1]}/sign-in"  # type: ignore[index]
        asking = threading.Thread(target=post, args=(form,))
        asking.start()
        silent.settimeout(HANG_S)
        waiting, _ = silent.accept()
        with waiting:
            assert waiting.recv(100).startswith(b"GET /api/v1/")
            # A client gives up on an answer after 15 s.
            assert process.terminate(within_s=12) == 0
            asking.join(HANG_S)
    assert "Traceback" not in process.said()


def post(form: str) -> None:
    with suppress(httpx.HTTPError):
        httpx.post(form, data={"token": "any"}, timeout=HANG_S, verify=False)


def test_a_taken_port_is_named_with_the_option(tmp_path: Path) -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
        done = run(tmp_path, "--port", str(port))
    assert done.returncode == 1
    assert f"cannot serve on 127.0.0.1:{port}" in done.stderr
    assert "--port" in done.stderr
    assert "Traceback" not in done.stderr


def test_a_wrong_setting_is_a_wrong_use(tmp_path: Path) -> None:
    done = run(tmp_path, "--port", "none")
    assert (done.returncode, done.stderr.count("\n")) == (2, 1)
    assert "TAGENT_DASHBOARD_PORT" in done.stderr


def test_another_application_s_settings_in_the_same_folder_are_not_ours(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / ".streamlit").mkdir()
    config = '[server]\nbaseUrlPath = "elsewhere"\n[client]\nshowErrorDetails = "full"\n'
    (tmp_path / ".streamlit" / "config.toml").write_text(config)
    monkeypatch.chdir(tmp_path)
    with processes(tmp_path) as started:
        process = start(started, TAGENT_HOME=".tagent")
        assert process.terminate() == 0


def run(home: Path, *options: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-m", "tagent_dashboard", *options],
        env={"TAGENT_HOME": str(home), "PATH": ""}, capture_output=True, text=True, timeout=60, check=False,
    )  # fmt: skip

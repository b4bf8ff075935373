"""`tagent attach`: a person's own service behind a sidecar."""

from __future__ import annotations

import signal
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import httpx

from tagent_contract.faults import Error
from tagent_contract.health import Health
from tests.e2e.processes import eventually, free_port
from tests.e2e.stack import Stack

TAGENT = [sys.executable, "-m", "tagent_client.cli"]
AGENT = """
import http.server, os, sys
class Agent(http.server.BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    def do_GET(self):
        body = b"I am your own agent"
        self.send_response(200)
        self.send_header("content-length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)
    def log_message(self, *args): pass
print("agent on", os.environ["PORT"], flush=True)
http.server.ThreadingHTTPServer(("127.0.0.1", int(os.environ["PORT"])), Agent).serve_forever()
"""


def environment(running: Stack) -> dict[str, str]:
    import os

    kept = {
        name: value
        for name, value in os.environ.items()
        if not name.startswith("TAGENT_") and name != "PORT"
    }
    return {
        **kept,
        "TAGENT_URL": running.url,
        "TAGENT_HOME": str(running.home),
        "TAGENT_REPORT_INTERVAL_S": "0.5",
    }


@contextmanager
def attached(running: Stack, *arguments: str) -> Iterator[subprocess.Popen[str]]:
    process = subprocess.Popen(
        [*TAGENT, "attach", *arguments],
        env=environment(running), stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True,
    )  # fmt: skip
    try:
        yield process
    finally:
        if process.poll() is None:
            process.terminate()
        process.communicate(timeout=60)


def test_one_s_own_agent_is_watched_broken_and_healed(running: Stack, tmp_path: Path) -> None:
    agent = tmp_path / "agent.py"
    agent.write_text(AGENT)
    port, listen = free_port(), free_port()
    command = ["--", sys.executable, str(agent)]
    with attached(
        running, "--service", "my-agent", "--port", str(port), "--listen", str(listen), *command
    ) as process:
        assert process.stdout is not None
        assert process.stdout.readline() == f"agent on {port}\n", (
            "its output goes through, and it got PORT"
        )
        running.wait_for_health("my-agent", Health.HEALTHY)
        url = f"http://127.0.0.1:{listen}/"
        assert httpx.get(url, timeout=20, verify=False).text == "I am your own agent"
        with running.client() as client:
            fault = client.inject("my-agent", Error(http_status=503))
            eventually(
                "an error",
                lambda: (
                    httpx.get(url, timeout=20, verify=False).status_code == 503
                    or client.fault(fault.id).state.is_final
                ),
            )
            eventually("healing", lambda: client.fault(fault.id).state.is_final, 60)
            running.wait_for_health("my-agent", Health.HEALTHY)
        assert httpx.get(url, timeout=20, verify=False).status_code == 200
        token = running.home / "tokens" / "sidecars" / "my-agent"
        assert token.stat().st_mode & 0o077 == 0
        minted = token.read_text()
        process.send_signal(signal.SIGINT)
        _out, err = process.communicate(timeout=60)
        assert process.returncode == 130
        assert f"http://127.0.0.1:{listen}" in err
    again = ["--service", "my-agent", "--port", str(port), "--listen", str(listen), *command]
    with attached(running, *again) as process:
        assert process.stdout is not None
        assert process.stdout.readline() == f"agent on {port}\n", "the ports are free again"
        assert token.read_text() == minted, "the token is used again"


def test_a_command_that_cannot_be_started_is_said_at_the_terminal(running: Stack) -> None:
    port, listen = free_port(), free_port()
    arguments = [
        "--service",
        "broken",
        "--port",
        str(port),
        "--listen",
        str(listen),
        "--",
        "no-such-program",
    ]
    with attached(running, *arguments) as process:
        assert process.stderr is not None
        lines: list[str] = []
        while not any("no-such-program" in line for line in lines):
            line = process.stderr.readline()
            assert line, lines
            lines.append(line)


def test_without_a_platform_nothing_is_started(running: Stack) -> None:
    done = subprocess.run(
        [*TAGENT, "attach", "--service", "x", "--port", str(free_port()), "--listen", str(free_port()), "--", "true"],
        env={**environment(running), "TAGENT_URL": f"http://127.0.0.1:{free_port()}"},
        capture_output=True, text=True, timeout=60, check=False,
    )  # fmt: skip
    assert done.returncode == 3
    assert "tagent up" in done.stderr


def test_a_service_without_a_health_path_is_checked_by_its_port(running: Stack) -> None:
    port, listen = free_port(), free_port()
    where = ["--port", str(port), "--listen", str(listen)]
    server = [sys.executable, "-m", "http.server", "--bind", "127.0.0.1", str(port)]
    with attached(running, "--service", "plain", *where, "--check", "tcp", "--", *server):
        running.wait_for_health("plain", Health.HEALTHY)
        assert (
            httpx.get(f"http://127.0.0.1:{listen}/healthz", timeout=20, verify=False).status_code
            == 404
        )

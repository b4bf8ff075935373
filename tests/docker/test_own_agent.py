"""The two ways to attach an agent of one's own, word by word as docs/containers.md tells them."""

from __future__ import annotations

import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import httpx
import pytest

from tagent_client.errors import ApiError
from tagent_contract.faults import Crash, Error
from tests.docker.compose import Compose
from tests.docker.test_stack import HEAL_S, newest_incident, told, wait_until_resolved
from tests.e2e.processes import eventually
from tests.fakes.docker_engine import ROOT
from tests.fakes.processes import free_ports

pytestmark = [pytest.mark.e2e, pytest.mark.timeout(1500)]

AGENT = """
import http.server, time
time.sleep(3)  # A start that a health check sees.
class Agent(http.server.SimpleHTTPRequestHandler):
    def do_GET(self):
        self.send_response(200)
        self.send_header("content-length", "2")
        self.end_headers()
        self.wfile.write(b"ok")
    def log_message(self, *args): pass
http.server.ThreadingHTTPServer(("0.0.0.0", 8080), Agent).serve_forever()
"""


def block(documented: list[str], language: str) -> str:
    (found,) = [each for each in documented if each.startswith(f"{language}\n")]
    return found.removeprefix(f"{language}\n")


def build(stack: Compose, folder: Path, name: str, recipe: str) -> None:
    (folder / "agent.py").write_text(AGENT)
    (folder / "Dockerfile").write_text(recipe)
    stack.engine.docker("build", "-q", "-t", name, str(folder), timeout_s=120)


@contextmanager
def attached(stack: Compose, extra: Path) -> Iterator[Compose]:
    files = [ROOT / "docker-compose.yml", extra]
    mine = Compose(stack.engine, stack.project, stack.command, files)
    mine.variables, mine.ports = stack.variables, stack.ports
    try:
        yield mine
    finally:
        mine.run("rm", "-sfv", "my-agent", "my-agent-sidecar", "my-agent-token", check=False)
        volume = f"{stack.project}_my-agent-token"
        stack.engine.run("docker", "volume", "rm", volume, check=False)


def test_a_sidecar_in_a_container_of_its_own(
    stack: Compose, documented: list[str], own_files: Path
) -> None:
    (port,) = free_ports(1)
    recipe = f'FROM {stack.engine.base}\nCOPY agent.py /\nCMD ["python3", "/agent.py"]\n'
    build(stack, own_files, "my-agent:1.0", recipe)
    told_file = block(documented, "yaml").replace("127.0.0.1:9010", f"127.0.0.1:{port}")
    # The image is built already: on the base that this machine has.
    build_line = "    build: {context: ., dockerfile: deploy/images/sidecar.Dockerfile}\n"
    assert build_line in told_file
    extra = own_files / "my-agent.yml"
    extra.write_text(told_file.replace(build_line, ""))
    with attached(stack, extra) as mine, stack.client() as client:
        mine.run("up", "-d", "my-agent-sidecar")
        eventually("it is there", lambda: any(one.name == "my-agent" for one in client.services()))
        eventually("HEALTHY", lambda: client.service("my-agent").health == "HEALTHY", HEAL_S)
        began = time.monotonic()
        mine.kill("my-agent")
        incident = newest_incident(stack, "my-agent", set())
        wait_until_resolved(stack, incident)
        told("an agent's own container killed from outside: RESOLVED", began)
        assert mine.restarts("my-agent") == 1, "Docker's policy healed it"
        kinds = {one.type for one in client.latest_events(service="my-agent")[0]}
        assert "incident.escalated" not in kinds, "nobody is called for what Docker mends"
        fault = client.inject("my-agent", Error(http_status=503, ttl_s=60))
        url = f"http://127.0.0.1:{port}/"
        eventually(
            "a broken answer", lambda: httpx.get(url, timeout=20, verify=False).status_code == 503
        )
        client.end_fault(fault.id)
        eventually(
            "a good answer", lambda: httpx.get(url, timeout=20, verify=False).status_code == 200
        )
        with pytest.raises(ApiError) as refused:
            client.inject("my-agent", Crash())
        assert refused.value.problem.reason == "unsupported"


def test_the_sidecar_in_one_s_own_image(
    stack: Compose, documented: list[str], own_files: Path
) -> None:
    recipe = block(documented, "dockerfile")
    assert recipe.startswith("FROM python:3.11-slim-bookworm\n")
    recipe = recipe.replace("python:3.11-slim-bookworm", stack.engine.base)
    recipe = recipe.replace("# ... your agent as it was, then", "WORKDIR /app\nCOPY agent.py .")
    build(stack, own_files, "my-agent:watched", recipe)
    name = f"{stack.project}_watched"
    options = ["--user", "10001", "--read-only", "--cap-drop", "ALL", "-e", "TAGENT_SERVICE=alone", "-e", "TAGENT_LISTEN=0.0.0.0:9000"]  # fmt: skip
    docker = stack.engine.docker
    docker("run", "-d", "--name", name, *options, "-p", "127.0.0.1::9000", "my-agent:watched")
    try:
        url = "http://" + docker("port", name, "9000").splitlines()[0]

        def answers() -> bool:
            try:
                return httpx.get(url, timeout=5, verify=False).text == "ok"
            except httpx.HTTPError:
                return False

        eventually("an answer", answers)
        first = stack.engine.process_of(name, "agent.py")
        docker("exec", name, "sh", "-c", "kill -9 $(cat /proc/1/task/1/children)")
        eventually("another process", lambda: stack.engine.processes_of(name, "agent.py") not in ([], [first]))  # fmt: skip
        eventually("an answer again", answers)
    finally:
        docker("rm", "-f", name)

"""The compose stack: broken and killed from outside, it heals; what is taken away leaves nothing. The tests build on each other's stack, not on their order."""

from __future__ import annotations

import json
import re
import signal
import time

import httpx
import pytest

from tagent_contract.faults import Crash, Latency
from tests.docker.compose import PARTS, SERVICES, Compose
from tests.e2e.processes import eventually

pytestmark = [pytest.mark.e2e, pytest.mark.timeout(1500)]

HEAL_S = 90.0
"""Past this nothing heals any more."""


def told(text: str, began: float) -> None:
    print(f"\n{text}: {time.monotonic() - began:.1f} s", end="")


def sample(service: str) -> tuple[str, ...]:
    return ("-m", f"tagent_samples.{service.replace('-', '_')}")


def newest_incident(stack: Compose, service: str, known: set[str]) -> str:
    def look() -> str | None:
        with stack.client() as client:
            found = [one.id for one in client.incidents(service=service) if one.id not in known]
        return found[0] if found else None

    return eventually(f"an incident of {service}", look, HEAL_S)


def wait_until_resolved(stack: Compose, incident: str) -> None:
    def is_resolved() -> bool:
        with stack.client() as client:
            return client.incident(incident).state == "RESOLVED"

    eventually(f"incident {incident} RESOLVED", is_resolved, HEAL_S)


def incident_ids(stack: Compose) -> set[str]:
    with stack.client() as client:
        return {one.id for one in client.incidents()}


def test_everything_comes_up_healthy(stack: Compose) -> None:
    print(f"\nup --build to all healthy: {stack.healthy_after_s:.1f} s", end="")
    assert all(stack.answers(service) for service in SERVICES)
    with stack.client() as client:
        for service in SERVICES:
            (instance,) = client.service(service).instances
            assert instance.supervised
            assert instance.missing == {}
            assert stack.container(service).startswith(instance.name), "the container's hostname"


def test_nothing_is_root_and_nothing_can_be_written(stack: Compose) -> None:
    for part in (*PARTS, "traffic"):
        assert stack.execute(part, "id", "-u") == "10001"
        assert "Read-only file system" in stack.execute(part, "touch", "/opt/mark", check=False)
        stack.execute(part, "touch", "/tmp/mark")
        status = stack.execute(part, "cat", "/proc/1/status")
        assert set(re.findall(r"^Cap\w+:\s+(\w+)$", status, re.MULTILINE)) == {"0" * 16}
        assert re.search(r"^NoNewPrivs:\s+1$", status, re.MULTILINE)


def test_tokens_are_their_owner_s_alone_and_each_part_has_no_more_than_it_needs(
    stack: Compose,
) -> None:
    for part in ("dashboard", *SERVICES):
        listing = stack.execute(part, "find", "/var/lib/tagent", "-type", "f", "-printf", "%m %f ")
        assert listing == "600 token"
        mark = stack.execute(part, "touch", "/var/lib/tagent/token", check=False)
        assert "Read-only file system" in mark
    people = stack.execute("platform", "find", "/var/lib/tagent/tokens", "-type", "f", "-printf", "%m ")  # fmt: skip
    assert people.split() == ["600"] * 3
    secrets = [stack.token("admin"), stack.execute("chat-service", "cat", "/var/lib/tagent/token")]
    for part in (*PARTS, "chat-token", "dashboard-token"):
        done = stack.engine.run("docker", "logs", stack.container(part))
        assert not [each for each in secrets if each in done.stdout + done.stderr]


def test_only_this_machine_can_connect(stack: Compose) -> None:
    for part in PARTS:
        bindings = json.loads(stack.inspect(part, ".HostConfig.PortBindings"))
        assert {one["HostIp"] for each in bindings.values() for one in each} == {"127.0.0.1"}


def test_latency_is_felt_by_a_caller_and_cleared(stack: Compose) -> None:
    def ask_s() -> float:
        return httpx.get(
            stack.url("chat-service") + "/healthz", timeout=20, verify=False
        ).elapsed.total_seconds()

    with stack.client() as client:
        began = time.monotonic()
        fault = client.inject("chat-service", Latency(latency_ms=1500, ttl_s=60))
        eventually("a slow answer", lambda: ask_s() >= 1.5)
        told("latency injected, felt (1.5 s of it the fault itself)", began)
        eventually("the fault ACTIVE", lambda: client.fault(fault.id).state == "ACTIVE")
        client.clear("chat-service", "the test is over")
        eventually("a quick answer", lambda: ask_s() < 1.5)
        eventually("the fault CLEARED", lambda: client.fault(fault.id).state == "CLEARED")
        (target,) = client.fault(fault.id).targets
        assert target.injected > 0


def test_a_killed_and_a_stopped_process_are_healed_and_verified(stack: Compose) -> None:
    known = incident_ids(stack)
    began = time.monotonic()
    stack.kill("demo-service", *sample("demo-service"))
    stack.kill("summary-service", *sample("summary-service"), number=signal.SIGSTOP)
    killed = newest_incident(stack, "demo-service", known)
    told("killed from outside: noticed", began)
    stopped = newest_incident(stack, "summary-service", known)
    told("stopped from outside: noticed", began)
    eventually("the stopped one answers", lambda: stack.answers("summary-service"), HEAL_S)
    told("stopped from outside: answers again", began)
    wait_until_resolved(stack, killed)
    told("killed from outside: RESOLVED", began)
    wait_until_resolved(stack, stopped)
    told("stopped from outside: RESOLVED", began)
    assert stack.restarts("demo-service") == 0, "the sidecar healed it, not Docker"
    assert stack.restarts("summary-service") == 0


def test_a_crash_fault_is_carried_out_and_healed(stack: Compose) -> None:
    known = incident_ids(stack)
    with stack.client() as client:
        fault = client.inject("demo-service", Crash())
        eventually("an injected crash", lambda: client.fault(fault.id).targets[0].injected == 1)
    wait_until_resolved(stack, newest_incident(stack, "demo-service", known))


def test_a_killed_container_is_back_and_healthy(stack: Compose) -> None:
    before = stack.restarts("chat-service")
    with stack.client() as client:
        fault = client.inject("chat-service", Latency(latency_ms=50, ttl_s=300))
        eventually("the fault ACTIVE", lambda: client.fault(fault.id).state == "ACTIVE")
        (old,) = client.service("chat-service").instances
        began = time.monotonic()
        stack.kill("chat-service")
        eventually("a restart", lambda: stack.restarts("chat-service") == before + 1)
        eventually("an answer", lambda: stack.answers("chat-service"), HEAL_S)
        told("container killed from outside: answers again", began)
        new = eventually(
            "its new sidecar",
            lambda: next((one for one in client.service("chat-service").instances if one.boot_id != old.boot_id), None),
            HEAL_S,
        )  # fmt: skip
        assert new.name == old.name, "the same instance: its name outlives a restart"
        eventually("HEALTHY", lambda: client.service("chat-service").health == "HEALTHY", HEAL_S)
        told("container killed from outside: HEALTHY", began)
        client.clear("chat-service", "the test is over")
        eventually("the fault ended", lambda: client.fault(fault.id).state.is_final, HEAL_S)


def test_a_killed_platform_comes_back_and_has_lost_nothing(stack: Compose) -> None:
    known = incident_ids(stack)
    token = stack.token("operator")
    with stack.client() as client:
        fault = client.inject("demo-service", Latency(latency_ms=20, ttl_s=300))
        eventually("the fault ACTIVE", lambda: client.fault(fault.id).state == "ACTIVE")
        began = time.monotonic()
        stack.kill("platform")
        assert stack.answers("demo-service"), "nobody's requests need the platform"
        eventually("a ready platform", client_is_ready(stack), HEAL_S)
        told("platform killed from outside: ready again", began)
        assert stack.token("operator") == token
        assert known <= incident_ids(stack)
        eventually("the fault goes on", lambda: client.fault(fault.id).state == "ACTIVE", HEAL_S)
        eventually("HEALTHY", lambda: {client.service(one).health for one in SERVICES} == {"HEALTHY"}, HEAL_S)  # fmt: skip
        told("platform killed from outside: every service HEALTHY in it", began)
        client.clear("demo-service", "the test is over")
        numbers = sorted(one.sequence for one in client.latest_events(service="demo-service")[0])
        assert numbers == list(range(numbers[0], numbers[-1] + 1)), "the log has no gap"


def client_is_ready(stack: Compose):  # type: ignore[no-untyped-def]
    return lambda: stack.answers("platform", "/readyz")


def test_a_person_signs_in_at_the_dashboard(stack: Compose) -> None:
    url = stack.url("dashboard")
    assert stack.answers("dashboard", "/_stcore/health")
    with httpx.Client(base_url=url, follow_redirects=True, timeout=30, verify=False) as browser:
        assert "Sign in to Tagent" in browser.get("/").text
        wrong = browser.post("/sign-in", data={"token": "w" * 43}, headers={"origin": url})
        assert wrong.status_code in (401, 403)
        page = browser.post(
            "/sign-in", data={"token": stack.token("operator")}, headers={"origin": url}
        )
        assert page.status_code == 200
        assert "streamlit" in page.text.lower()


def test_up_again_changes_nothing(stack: Compose) -> None:
    before = {part: stack.execute(part, "cat", "/var/lib/tagent/token") for part in SERVICES}
    containers = {part: stack.container(part) for part in PARTS}
    stack.run("up", "-d")
    assert {part: stack.container(part) for part in PARTS} == containers
    assert {
        part: stack.execute(part, "cat", "/var/lib/tagent/token") for part in SERVICES
    } == before
    assert "chat-service" in stack.run("run", "--rm", "tagent", "status")

"""The Cloud Run runtime against a server that speaks the real protocol: each thing that such a server does."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Iterator

import grpc
import msgspec
import pytest
from google.api_core.exceptions import GoogleAPICallError
from google.cloud import run_v2
from google.cloud.run_v2.services.revisions.transports import RevisionsGrpcTransport
from google.cloud.run_v2.services.services.transports import ServicesGrpcAsyncIOTransport

from tagent_contract.health import Health, HealthReason
from tagent_contract.incidents import RollOutState
from tagent_contract.reports import Place
from tagent_platform.adapters.clock.system import SystemClock
from tagent_platform.adapters.runtime.cloud_run import calls as calls_module
from tagent_platform.adapters.runtime.cloud_run import failures, traffic
from tagent_platform.adapters.runtime.cloud_run import runtime as runtime_module
from tagent_platform.adapters.runtime.cloud_run.calls import CloudRunCalls
from tagent_platform.adapters.runtime.cloud_run.log_entries import CloudLogs
from tagent_platform.adapters.runtime.cloud_run.places import Places, RunService, read_mapping
from tagent_platform.adapters.runtime.cloud_run.runtime import CloudRunRuntime
from tagent_platform.adapters.store.memory import MemoryStore
from tagent_platform.core.records import InstanceRecord, ServiceRecord, instance_key
from tagent_platform.core.roll_outs import RollOut, Setback
from tagent_platform.ports import runtime as port
from tagent_platform.ports.runtime import RestartTarget
from tagent_platform.ports.store import Change
from tests.fakes.cloud_run_server import (
    LATEST,
    PINNED,
    PROJECT,
    REGION,
    REVISIONS_MAX,
    CloudRunServer,
    Code,
    Mishap,
    cloud_run_server,
)

pytestmark = pytest.mark.integration

CHAT = RestartTarget("chat", "i-1", "boot-0001", "1")


@pytest.fixture
def server() -> Iterator[CloudRunServer]:
    with cloud_run_server() as one:
        one.deploy("chat", TAGENT_SERVICE="chat")
        yield one


@pytest.fixture
async def store() -> MemoryStore:
    found = MemoryStore()
    record = InstanceRecord(
        service="chat", name="i-1", boot_id="boot-0001", boot_started_at=0.0, incarnation="1",
        health=Health.UNHEALTHY, reason=HealthReason.ERROR_RATIO, since=0.0,
        place=Place(runtime="cloud_run", service="chat", project=PROJECT, region=REGION, revision="chat-00001-abc"),
    )  # fmt: skip
    await found.commit(
        [
            Change(InstanceRecord, instance_key("chat", "i-1"), record, 0),
            Change(ServiceRecord, "chat", ServiceRecord(name="chat"), 0),
        ]
    )
    return found


@pytest.fixture
async def runtime(server: CloudRunServer, store: MemoryStore) -> AsyncIterator[CloudRunRuntime]:
    made = make(server, store)
    yield made
    await made.close()


def make(
    server: CloudRunServer, store: MemoryStore, places: Places | None = None, timeout_s: float = 5.0
) -> CloudRunRuntime:
    calls = CloudRunCalls(endpoint=server.endpoint, timeout_s=timeout_s)
    places = places or Places(PROJECT, REGION)
    return CloudRunRuntime(store, calls, CloudLogs(None, None), places, SystemClock())


async def restart(runtime: CloudRunRuntime, attempt_id: str = "a1") -> RollOut:
    found = await runtime.restart([CHAT], attempt_id, whole_service=True)
    assert found is not None
    return found


async def to_its_end(
    runtime: CloudRunRuntime, roll_out: RollOut, attempt_id: str = "a1"
) -> RollOut:
    """Follow until it is over."""
    for _ in range(20):
        if roll_out.state is not RollOutState.RUNNING:
            return roll_out
        deployment = await runtime.follow("chat", attempt_id, roll_out)
        assert deployment is not None
        assert deployment.roll_out is not None
        roll_out = deployment.roll_out
    raise AssertionError(f"it does not end: {roll_out}")


# --- restart ------------------------------------------------------------------------------------------------------


async def test_a_restart_is_a_new_revision_that_comes_to_serve(
    runtime: CloudRunRuntime, server: CloudRunServer
) -> None:
    begun = await restart(runtime)
    assert begun.state is RollOutState.RUNNING
    assert begun.operation
    ended = await to_its_end(runtime, begun)
    assert (ended.state, ended.revision) == (RollOutState.SERVING, "chat-00002-abc")
    assert server.serving("chat") == {"chat-00002-abc"}
    assert server.service("chat").template.annotations[traffic.ATTEMPT] == "a1"


async def test_asked_twice_under_one_id_it_makes_one_revision(
    runtime: CloudRunRuntime, server: CloudRunServer
) -> None:
    begun = await restart(runtime)
    again = await restart(runtime)
    assert server.count("update_service") == 1
    assert again.operation == "", "who asks again does not know the operation"
    assert (await to_its_end(runtime, again)).revision == (
        await to_its_end(runtime, begun)
    ).revision
    assert len(server.names("chat")) == 2


async def test_a_fixed_revision_name_in_the_template_does_not_stand_in_the_way(
    runtime: CloudRunRuntime, server: CloudRunServer
) -> None:
    def name_it(service: run_v2.Service) -> None:
        service.template.revision = "chat-fixed"
        service.template.containers[0].image = "img@sha256:2"

    server.change("chat", name_it)
    assert (await to_its_end(runtime, await restart(runtime))).state is RollOutState.SERVING


async def test_a_template_that_stays_the_same_makes_no_revision(server: CloudRunServer) -> None:
    """The rule of the server that makes the mark necessary."""
    server.change("chat", lambda service: None)
    assert len(server.names("chat")) == 1


async def test_a_fixed_name_that_is_taken_is_refused_by_the_server(server: CloudRunServer) -> None:
    calls = CloudRunCalls(endpoint=server.endpoint)
    found = server.service("chat")
    found.template.revision = "chat-00001-abc"
    found.template.annotations["tagent.dev/attempt-id"] = "x"
    with pytest.raises(Exception, match="already exists") as refused:
        await calls.update(found)
    failure = failure_of(refused.value)
    assert isinstance(failure, port.RefusedByRuntimeError)
    assert "template.revision" in str(failure)
    await calls.close()


async def test_annotations_of_googles_namespaces_are_refused_and_ours_is_none(
    server: CloudRunServer,
) -> None:
    calls = CloudRunCalls(endpoint=server.endpoint)
    found = server.service("chat")
    found.template.annotations["run.googleapis.com/restarted-at"] = "now"
    with pytest.raises(Exception, match="not supported") as refused:
        await calls.update(found)
    assert isinstance(failure_of(refused.value), port.RefusedByRuntimeError)
    await calls.close()


async def test_a_stale_etag_is_read_again(runtime: CloudRunRuntime, server: CloudRunServer) -> None:
    changed = []

    def somebody_deploys() -> None:
        if not changed:
            changed.append(1)
            server.deploy("chat", image="img@sha256:2", TAGENT_SERVICE="chat")

    original = traffic.restarted

    def slow(*arguments: object) -> run_v2.Service:
        wanted = original(*arguments)  # type: ignore[arg-type]
        somebody_deploys()
        return wanted

    traffic.restarted = slow  # type: ignore[assignment]
    try:
        ended = await to_its_end(runtime, await restart(runtime))
    finally:
        traffic.restarted = original
    assert ended.state is RollOutState.SERVING
    assert server.service("chat").template.containers[0].image == "img@sha256:2"
    assert server.count("update_service") == 2


async def test_a_conflict_that_does_not_end_is_told(
    runtime: CloudRunRuntime, server: CloudRunServer, quick: None
) -> None:
    server.mishaps = [Mishap("update_service", Code.ABORTED)] * 10
    with pytest.raises(port.ChangedMeanwhileError, match="somebody else changes"):
        await restart(runtime)
    assert len(server.names("chat")) == 1


async def test_a_failed_roll_out_leaves_the_old_revision_serving(
    runtime: CloudRunRuntime, server: CloudRunServer
) -> None:
    server.plan.failure = "The user-provided container failed to start and listen on the port"
    ended = await to_its_end(runtime, await restart(runtime))
    assert ended.state is RollOutState.FAILED
    assert "failed to start and listen" in ended.text
    assert server.serving("chat") == {"chat-00001-abc"}


async def test_a_failed_roll_out_is_told_without_its_operation_too(
    runtime: CloudRunRuntime, server: CloudRunServer
) -> None:
    server.plan.failure = "no"
    await restart(runtime)
    ended = await to_its_end(runtime, await restart(runtime))
    assert ended.operation == ""
    assert ended.state is RollOutState.FAILED


async def test_an_operation_that_the_platform_may_not_read_is_done_without(
    runtime: CloudRunRuntime, server: CloudRunServer
) -> None:
    begun = await restart(runtime)
    server.mishaps = [Mishap("get_operation", Code.PERMISSION_DENIED)] * 20
    assert (await to_its_end(runtime, begun)).state is RollOutState.SERVING


async def test_an_answer_lost_after_the_update_restarts_once(
    runtime: CloudRunRuntime, server: CloudRunServer, quick: None
) -> None:
    server.mishaps = [Mishap("update_service", Code.UNAVAILABLE, has_effect=True)]
    ended = await to_its_end(runtime, await restart(runtime))
    assert ended.state is RollOutState.SERVING
    assert len(server.names("chat")) == 2
    assert server.count("update_service") == 1


async def test_an_update_lost_on_its_way_is_sent_again(
    runtime: CloudRunRuntime, server: CloudRunServer, quick: None
) -> None:
    server.mishaps = [Mishap("update_service", Code.UNAVAILABLE)]
    ended = await to_its_end(runtime, await restart(runtime))
    assert ended.state is RollOutState.SERVING
    assert len(server.names("chat")) == 2


async def test_reads_bear_a_moment_without_the_server(
    runtime: CloudRunRuntime, server: CloudRunServer, quick: None
) -> None:
    server.mishaps = [Mishap("get_service", Code.UNAVAILABLE)] * 2
    assert (await restart(runtime)).operation


async def test_a_server_that_is_away_is_unreachable_and_nothing_is_lost(
    runtime: CloudRunRuntime, server: CloudRunServer, quick: None
) -> None:
    server.plan.is_held = True
    begun = await restart(runtime)
    server.stop()
    with pytest.raises(port.UnreachableError, match="cannot be reached") as away:
        await runtime.follow("chat", "a1", begun)
    assert away.value.setback is Setback.PASSING
    server.start()
    server.let_go()

    async def followed() -> RollOut:
        # The channel takes a moment to try again.
        while True:
            try:
                return await to_its_end(runtime, begun)
            except port.UnreachableError:
                await asyncio.sleep(0.1)

    async with asyncio.timeout(30):
        assert (await followed()).state is RollOutState.SERVING


async def test_a_server_that_does_not_answer_is_given_up(
    server: CloudRunServer, store: MemoryStore, quick: None
) -> None:
    runtime = make(server, store, timeout_s=0.3)
    with server.lock, pytest.raises(port.TimedOutError):
        await restart(runtime)
    await runtime.close()


async def test_an_operation_that_never_ends_stays_under_way(
    runtime: CloudRunRuntime, server: CloudRunServer
) -> None:
    server.plan.is_held = True
    roll_out = await restart(runtime)
    for _ in range(5):
        deployment = await runtime.follow("chat", "a1", roll_out)
        assert deployment is not None
        assert deployment.roll_out is not None
        roll_out = deployment.roll_out
    assert roll_out.state is RollOutState.RUNNING
    assert "Deploying revision chat-00002-abc" in roll_out.text
    assert deployment.current == {"chat-00001-abc", "chat-00002-abc"}
    with pytest.raises(port.ChangedMeanwhileError, match="under way already"):
        await restart(runtime, "a2")


async def test_another_process_follows_on_with_what_was_written_down(
    runtime: CloudRunRuntime, server: CloudRunServer, store: MemoryStore
) -> None:
    server.plan.is_held = True
    begun = await restart(runtime)
    other = make(server, store)
    server.let_go()
    assert (await to_its_end(other, begun)).state is RollOutState.SERVING
    assert server.count("update_service") == 1
    await other.close()


# --- what stands in the way ---------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("method", "code", "message", "kind", "says", "setback"),
    [
        ("update_service", Code.PERMISSION_DENIED, "Permission 'run.services.update' denied", port.PermissionMissingError, "roles/run.developer", Setback.LASTING),
        ("update_service", Code.PERMISSION_DENIED, "Permission 'iam.serviceaccounts.actAs' denied", port.PermissionMissingError, "roles/iam.serviceAccountUser", Setback.LASTING),
        ("get_service", Code.PERMISSION_DENIED, "denied", port.PermissionMissingError, "roles/run.developer", Setback.LASTING),
        ("get_service", Code.UNAUTHENTICATED, "who?", port.PermissionMissingError, "GOOGLE_APPLICATION_CREDENTIALS", Setback.LASTING),
        ("update_service", Code.RESOURCE_EXHAUSTED, "Quota exceeded", port.QuotaExceededError, "quota", Setback.PASSING),
        ("update_service", Code.INVALID_ARGUMENT, "image not found", port.RefusedByRuntimeError, "mend its configuration", Setback.FUTILE),
        ("update_service", Code.FAILED_PRECONDITION, "no", port.RefusedByRuntimeError, "mend", Setback.FUTILE),
        ("get_service", Code.NOT_FOUND, "no", port.ServiceNotThereError, "TAGENT_CLOUD_RUN_REGION", Setback.LASTING),
        ("update_service", Code.UNKNOWN, "odd", port.RuntimeFailureError, "odd", Setback.PASSING),
    ],
)  # fmt: skip
async def test_each_refusal_is_an_error_of_its_own_that_says_what_to_do(
    runtime: CloudRunRuntime,
    server: CloudRunServer,
    quick: None,
    method: str,
    code: Code,
    message: str,
    kind: type[port.RuntimeFailureError],
    says: str,
    setback: Setback,
) -> None:
    server.mishaps = [Mishap(method, code, message)] * 10
    with pytest.raises(kind, match=says) as refused:
        await restart(runtime)
    assert "services/chat" in str(refused.value)
    assert refused.value.setback is setback


async def test_pinned_traffic_is_told_before_a_restart_that_would_reach_nobody(
    runtime: CloudRunRuntime, server: CloudRunServer
) -> None:
    def pin(service: run_v2.Service) -> None:
        service.traffic = [
            run_v2.TrafficTarget(type_=PINNED, revision="chat-00001-abc", percent=90),
            run_v2.TrafficTarget(type_=LATEST, percent=10),
        ]

    server.change("chat", pin)
    updates = server.count("update_service")
    with pytest.raises(port.TrafficPinnedError, match=r"90 % to chat-00001-abc.*--to-latest"):
        await restart(runtime)
    assert server.count("update_service") == updates


async def test_a_service_that_does_not_say_that_it_is_ours_is_left_alone(
    runtime: CloudRunRuntime, server: CloudRunServer, store: MemoryStore
) -> None:
    server.deploy("billing", TAGENT_SERVICE="billing")
    await move(store, Place(runtime="cloud_run", service="billing", project=PROJECT, region=REGION))
    with pytest.raises(port.ServiceNotThereError, match="TAGENT_SERVICE=chat"):
        await restart(runtime)
    assert len(server.names("billing")) == 1


async def test_a_sidecar_cannot_send_the_platform_to_another_project(
    runtime: CloudRunRuntime, store: MemoryStore
) -> None:
    await move(store, Place(runtime="cloud_run", service="chat", project="other", region=REGION))
    assert (await runtime.describe("chat")).rolls_out
    with pytest.raises(port.ServiceNotThereError, match="acts in acme alone"):
        await restart(runtime)


async def test_the_settings_name_a_service_whatever_its_sidecars_say(
    server: CloudRunServer, store: MemoryStore
) -> None:
    server.deploy("front")
    runtime = make(
        server, store, Places(PROJECT, REGION, read_mapping("chat=front", PROJECT, REGION))
    )
    await restart(runtime)
    assert len(server.names("front")) == 2
    await runtime.close()


async def move(store: MemoryStore, place: Place | None) -> None:
    key = instance_key("chat", "i-1")
    held = store.get(InstanceRecord, key)
    assert held is not None
    record = msgspec.structs.replace(held.record, place=place)
    await store.commit([Change(InstanceRecord, key, record, held.version)])


# --- roll back ----------------------------------------------------------------------------------------------------


async def test_a_roll_back_sends_traffic_to_the_last_good_revision_and_says_so_on_the_service(
    runtime: CloudRunRuntime, server: CloudRunServer
) -> None:
    server.deploy("chat", image="img@sha256:2", TAGENT_SERVICE="chat")
    await to_its_end(runtime, await restart(runtime))
    begun = await runtime.roll_back("chat", "a2")
    assert begun is not None
    ended = await to_its_end(runtime, begun, "a2")
    assert ended.state is RollOutState.SERVING
    # Not to 2: the restarted 3 has its configuration.
    assert ended.revision == "chat-00001-abc"
    assert server.serving("chat") == {"chat-00001-abc"}
    notes = server.service("chat").annotations
    assert notes[traffic.HELD_FROM] == "chat-00003-abc"
    assert notes[traffic.HELD_BY] == "a2"
    assert len(server.names("chat")) == 3, "traffic that moves makes no revision"


async def test_asked_twice_it_rolls_back_once(
    runtime: CloudRunRuntime, server: CloudRunServer
) -> None:
    server.deploy("chat", image="img@sha256:2", TAGENT_SERVICE="chat")
    await runtime.roll_back("chat", "a2")
    await runtime.roll_back("chat", "a2")
    assert server.count("update_service") == 1


async def test_a_roll_back_after_a_failed_roll_out_is_not_taken_for_failed(
    runtime: CloudRunRuntime, server: CloudRunServer
) -> None:
    server.deploy("chat", image="img@sha256:2", TAGENT_SERVICE="chat")
    server.plan.failure = "no"
    assert (await to_its_end(runtime, await restart(runtime))).state is RollOutState.FAILED
    begun = await runtime.roll_back("chat", "a2")
    assert begun is not None
    assert (await to_its_end(runtime, begun, "a2")).revision == "chat-00001-abc"
    assert server.serving("chat") == {"chat-00001-abc"}


async def test_a_revision_that_was_healthy_here_goes_before_one_that_merely_started(
    runtime: CloudRunRuntime, server: CloudRunServer, store: MemoryStore
) -> None:
    for number in (2, 3):
        server.deploy("chat", image=f"img@sha256:{number}", TAGENT_SERVICE="chat")
    held = store.get(ServiceRecord, "chat")
    assert held is not None
    known = ServiceRecord(name="chat", good_revisions=("chat-00001-abc",))
    await store.commit([Change(ServiceRecord, "chat", known, held.version)])
    begun = await runtime.roll_back("chat", "a1")
    assert begun is not None
    assert begun.revision == "chat-00001-abc"


async def test_without_an_earlier_configuration_there_is_nothing_to_roll_back_to(
    runtime: CloudRunRuntime, server: CloudRunServer
) -> None:
    await to_its_end(runtime, await restart(runtime))
    with pytest.raises(port.NoGoodRevisionError, match="chat-00002-abc"):
        await runtime.roll_back("chat", "a2")


async def test_a_later_deployment_does_not_stay_dark(
    runtime: CloudRunRuntime, server: CloudRunServer
) -> None:
    server.deploy("chat", image="img@sha256:2", TAGENT_SERVICE="chat")
    begun = await runtime.roll_back("chat", "a1")
    assert begun is not None
    await to_its_end(runtime, begun)
    quiet = await runtime.follow("chat")
    assert quiet is not None
    assert quiet.held is not None
    assert (quiet.mended_by, quiet.current) == ("", {"chat-00001-abc"})
    with pytest.raises(port.TrafficPinnedError, match="rolled back from chat-00002-abc"):
        await restart(runtime, "a2")

    server.deploy("chat", image="img@sha256:3", TAGENT_SERVICE="chat")
    assert server.serving("chat") == {"chat-00001-abc"}
    mended = await runtime.follow("chat")
    assert mended is not None
    assert mended.mended_by == "chat-00004-abc"
    await runtime.roll_back("chat", "a1", undo=True)
    after = await runtime.follow("chat")
    after = await runtime.follow("chat")
    assert after is not None
    assert (after.held, after.mended_by) == (None, "")
    assert server.serving("chat") == {"chat-00004-abc"}
    assert not [n for n in server.service("chat").annotations if n.startswith("tagent.dev")]


async def test_a_hold_that_a_person_ended_is_over_and_undoing_it_changes_nothing(
    runtime: CloudRunRuntime, server: CloudRunServer
) -> None:
    server.deploy("chat", image="img@sha256:2", TAGENT_SERVICE="chat")
    await runtime.roll_back("chat", "a1")

    def to_latest(service: run_v2.Service) -> None:
        service.traffic = [run_v2.TrafficTarget(type_=LATEST, percent=100)]

    server.let_go()
    server.change("chat", to_latest)
    found = await runtime.follow("chat")
    assert found is not None
    assert found.held is None
    updates = server.count("update_service")
    await runtime.roll_back("chat", "a1", undo=True)
    assert server.count("update_service") == updates


async def test_what_people_had_pinned_they_give_back_themselves(
    runtime: CloudRunRuntime, server: CloudRunServer
) -> None:
    server.deploy("chat", image="img@sha256:2", TAGENT_SERVICE="chat")

    def pin(service: run_v2.Service) -> None:
        service.traffic = [
            run_v2.TrafficTarget(type_=PINNED, revision="chat-00002-abc", percent=100)
        ]

    server.change("chat", pin)
    begun = await runtime.roll_back("chat", "a1")
    assert begun is not None
    await to_its_end(runtime, begun)
    server.deploy("chat", image="img@sha256:3", TAGENT_SERVICE="chat")
    found = await runtime.follow("chat")
    assert found is not None
    assert found.held is not None
    assert found.mended_by == ""


async def test_a_thousand_revisions_are_read_and_the_oldest_are_gone(
    runtime: CloudRunRuntime, server: CloudRunServer
) -> None:
    known = server.revisions[server.service("chat").name]
    for number in range(REVISIONS_MAX):
        copy = run_v2.Revision(known[0])
        copy.name = f"{known[0].name}-{number}"
        known.append(copy)
    for number in (2, 3):
        server.deploy("chat", image=f"img@sha256:{number}", TAGENT_SERVICE="chat")
    assert len(server.names("chat")) == REVISIONS_MAX
    newest = server.names("chat")[-2:]
    begun = await runtime.roll_back("chat", "a1")
    assert begun is not None
    assert [begun.revision, begun.replaced] == newest


async def test_a_revision_that_serves_cannot_be_deleted(server: CloudRunServer) -> None:
    with grpc.insecure_channel(server.endpoint) as channel:
        client = run_v2.RevisionsClient(transport=RevisionsGrpcTransport(channel=channel))
        name = server.service("chat").latest_ready_revision
        with pytest.raises(Exception, match="serving traffic"):
            client.delete_revision(name=name)


# --- scale, and who is where --------------------------------------------------------------------------------------


async def test_scaling_changes_the_services_bounds_and_makes_no_revision(
    runtime: CloudRunRuntime, server: CloudRunServer
) -> None:
    await runtime.scale("chat", instances_min=2, instances_max=7)
    scaling = server.service("chat").scaling
    assert (scaling.min_instance_count, scaling.max_instance_count) == (2, 7)
    assert len(server.names("chat")) == 1


async def test_a_service_on_this_machine_is_still_its_sidecars(
    runtime: CloudRunRuntime, server: CloudRunServer, store: MemoryStore
) -> None:
    await move(store, None)
    described = await runtime.describe("chat")
    assert described.name == "process"
    assert await runtime.follow("chat") is None
    with pytest.raises(port.UnsupportedError):
        await runtime.roll_back("chat", "a1")
    with pytest.raises(port.UnsupportedError, match="beside its sidecar"):
        await runtime.restart([CHAT], "a1", whole_service=True)
    assert server.calls == []


async def test_a_service_whose_instances_are_gone_is_where_it_was(
    runtime: CloudRunRuntime, server: CloudRunServer, store: MemoryStore
) -> None:
    key = instance_key("chat", "i-1")
    held, service = store.get(InstanceRecord, key), store.get(ServiceRecord, "chat")
    assert held is not None
    assert service is not None
    known = ServiceRecord(name="chat", place=held.record.place)
    await store.commit(
        [
            Change(InstanceRecord, key, None, held.version),
            Change(ServiceRecord, "chat", known, service.version),
        ]
    )
    assert (await to_its_end(runtime, await restart(runtime))).state is RollOutState.SERVING


async def test_what_the_client_library_makes_of_a_failed_operation_is_why_operations_are_read(
    server: CloudRunServer,
) -> None:
    """Waited for, it is an error without a code; the operation itself has one. And `wait_operation` answers bytes."""
    channel = grpc.aio.insecure_channel(server.endpoint)
    client = run_v2.ServicesAsyncClient(transport=ServicesGrpcAsyncIOTransport(channel=channel))
    server.plan.failure = "no such image"
    begun = await client.update_service(service=traffic.restarted(server.service("chat"), "a", 0.0))
    server.let_go()
    with pytest.raises(GoogleAPICallError, match="no such image") as failed:
        await begun.result(timeout=10)
    assert failed.value.code is None
    calls = CloudRunCalls(endpoint=server.endpoint)
    found = await calls.operation(begun.operation.name)
    assert (found.error.code, found.error.message) == (9, "no such image")
    await calls.close()
    await channel.close()


def failure_of(error: BaseException) -> port.RuntimeFailureError:
    assert isinstance(error, Exception)
    return failures.failure_of(error, RunService(PROJECT, REGION, "chat"), "restart")


@pytest.fixture
def quick(monkeypatch: pytest.MonkeyPatch) -> None:
    """Let pauses between tries be short."""
    monkeypatch.setattr(runtime_module, "UPDATE_PAUSE_S", 0.01)
    monkeypatch.setattr(calls_module, "READ_PAUSE_S", 0.01)

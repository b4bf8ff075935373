"""Cloud Run's Admin API as a gRPC server on this machine, by the rules that its documentation and its users tell of.

It speaks the real protocol with the real messages. A roll-out goes on by being looked at: it ends at the second look, or when it is held,
once `let_go` was called. What a real server does that nobody told us of, this one cannot know.
"""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any

import grpc
from google.cloud import run_v2
from google.longrunning import operations_pb2

from tests.fakes.processes import free_ports

PROJECT, REGION = "acme", "europe-north1"
FORBIDDEN = (
    "run.googleapis.com",
    "cloud.googleapis.com",
    "serving.knative.dev",
    "autoscaling.knative.dev",
)
REVISIONS_MAX = 1000
LOOKS_UNTIL_DONE = 2
LATEST = run_v2.TrafficTargetAllocationType.TRAFFIC_TARGET_ALLOCATION_TYPE_LATEST
PINNED = run_v2.TrafficTargetAllocationType.TRAFFIC_TARGET_ALLOCATION_TYPE_REVISION
State = run_v2.Condition.State

Code = grpc.StatusCode


@dataclass
class Mishap:
    """What happens to the next call of a method, instead of its answer; with `has_effect` only the answer is lost."""

    method: str
    code: grpc.StatusCode
    message: str = "as the test wanted"
    has_effect: bool = False


@dataclass
class RollOutPlan:
    """How roll-outs go from now on."""

    failure: str = ""
    """The message with which they fail; empty: they do not."""
    is_held: bool = False
    """They go on when `let_go` was called."""


@dataclass
class _Motion:
    """A service's roll-out under way."""

    operation: str
    revision: str
    failure: str
    looks: int = 0
    has_new_revision: bool = True


class RefusedError(Exception):
    def __init__(self, code: grpc.StatusCode, message: str) -> None:
        super().__init__(message)
        self.code = code


def path_of(name: str, project: str = PROJECT, region: str = REGION) -> str:
    return f"projects/{project}/locations/{region}/services/{name}"


def short(name: str) -> str:
    return name.rpartition("/")[2]


@dataclass
class CloudRunServer:
    """One project's services. Every public method may be called from any thread."""

    on_revision: Callable[[str], None] = lambda _revision: None
    """Called when a revision's first instance starts."""
    on_serving: Callable[[frozenset[str]], None] = lambda _revisions: None
    """Called when traffic goes to these revisions."""
    plan: RollOutPlan = field(default_factory=RollOutPlan)
    mishaps: list[Mishap] = field(default_factory=list)
    calls: list[str] = field(default_factory=list)
    port: int = 0

    def __post_init__(self) -> None:
        self.lock = threading.RLock()
        self.services: dict[str, run_v2.Service] = {}
        self.revisions: dict[str, list[run_v2.Revision]] = {}
        self.operations: dict[str, operations_pb2.Operation] = {}
        self._motions: dict[str, _Motion] = {}
        self._made = 0
        self._server: grpc.Server | None = None
        self.port = self.port or free_ports(1)[0]

    # --- for tests ----------------------------------------------------------------------------------------------

    @property
    def endpoint(self) -> str:
        return f"127.0.0.1:{self.port}"

    def start(self) -> None:
        """Listen; after a `stop` on the same port, with everything as it was."""
        self._server = grpc.server(ThreadPoolExecutor(8), options=[("grpc.so_reuseport", 0)])
        self._server.add_generic_rpc_handlers((_handlers(self),))
        assert self._server.add_insecure_port(self.endpoint) == self.port
        self._server.start()

    def stop(self) -> None:
        if self._server is not None:
            self._server.stop(None).wait(10)
            self._server = None

    def deploy(self, name: str, *, image: str = "img@sha256:1", **env: str) -> run_v2.Service:
        """Do what a person's deployment does: make the service, or give it another template; ready at once."""
        path = path_of(name)
        with self.lock:
            found = self.services.get(path) or _new_service(path)
            wanted = run_v2.Service(found)
            wanted.template.containers = [_container(image, env)]
            plan, self.plan = self.plan, RollOutPlan()
            self._apply(found, wanted)
            self._finish(path)
            self.plan = plan
            return self.services[path]

    def change(self, name: str, change: Callable[[run_v2.Service], None]) -> None:
        """Do what a person's update does, at once and whatever it is."""
        path = path_of(name)
        with self.lock:
            wanted = run_v2.Service(self.services[path])
            change(wanted)
            plan, self.plan = self.plan, RollOutPlan()
            self._apply(self.services[path], wanted)
            self._finish(path)
            self.plan = plan

    def service(self, name: str) -> run_v2.Service:
        with self.lock:
            return run_v2.Service(self.services[path_of(name)])

    def names(self, service: str) -> list[str]:
        """Return the service's revisions, the oldest first."""
        with self.lock:
            return [short(revision.name) for revision in self.revisions[path_of(service)]]

    def serving(self, service: str) -> set[str]:
        """Look who serves; a look like any other."""
        with self.lock:
            self._look(path_of(service))
            found = self.services[path_of(service)]
            return {short(s.revision) for s in found.traffic_statuses if s.percent}

    def let_go(self) -> None:
        """End what is held."""
        with self.lock:
            self.plan.is_held = False
            for path in list(self._motions):
                self._finish(path)

    def count(self, method: str) -> int:
        with self.lock:
            return self.calls.count(method)

    # --- the API ------------------------------------------------------------------------------------------------

    def get_service(self, request: run_v2.GetServiceRequest) -> run_v2.Service:
        self._look(request.name)
        return run_v2.Service(self._named(request.name))

    def update_service(self, request: run_v2.UpdateServiceRequest) -> operations_pb2.Operation:
        wanted = request.service
        found = self._named(wanted.name)
        if wanted.etag and wanted.etag != found.etag:
            raise RefusedError(
                Code.ABORTED,
                "Conflict for resource: version was specified but current version differs",
            )
        for notes in (wanted.annotations, wanted.template.annotations):
            for name in notes:
                if name.partition("/")[0].endswith(FORBIDDEN):
                    raise RefusedError(
                        Code.INVALID_ARGUMENT, f"annotation {name} is not supported in v2"
                    )
        return self._apply(found, wanted)

    def list_revisions(self, request: run_v2.ListRevisionsRequest) -> run_v2.ListRevisionsResponse:
        self._look(request.parent)
        self._named(request.parent)
        newest_first = list(reversed(self.revisions[request.parent]))
        begin = int(request.page_token or 0)
        end = begin + (request.page_size or 100)
        more = str(end) if end < len(newest_first) else ""
        return run_v2.ListRevisionsResponse(revisions=newest_first[begin:end], next_page_token=more)

    def delete_revision(self, request: run_v2.DeleteRevisionRequest) -> operations_pb2.Operation:
        path, _, name = request.name.partition("/revisions/")
        if name in {short(s.revision) for s in self._named(path).traffic_statuses if s.percent}:
            raise RefusedError(Code.FAILED_PRECONDITION, f"revision {name} is serving traffic")
        self.revisions[path] = [r for r in self.revisions[path] if short(r.name) != name]
        return self._operation(path, done=True)

    def get_operation(
        self, request: operations_pb2.GetOperationRequest
    ) -> operations_pb2.Operation:
        for path, motion in list(self._motions.items()):
            if motion.operation == request.name:
                self._look(path)
        if request.name not in self.operations:
            raise RefusedError(Code.NOT_FOUND, f"operation {request.name} is not there")
        return self.operations[request.name]

    # --- the rules ----------------------------------------------------------------------------------------------

    def _named(self, path: str) -> run_v2.Service:
        if path not in self.services:
            raise RefusedError(Code.NOT_FOUND, f"Resource {path!r} was not found")
        return self.services[path]

    def _apply(self, found: run_v2.Service, wanted: run_v2.Service) -> operations_pb2.Operation:
        path = found.name
        is_new = path not in self.services
        is_same = not is_new and _plain(found.template) == _plain(wanted.template)
        named = wanted.template.revision
        if named and not is_same and named in [short(r.name) for r in self.revisions[path]]:
            raise RefusedError(Code.ALREADY_EXISTS, f"Revision named {named!r} already exists")
        self._made += 1
        # What a client sends of what only the server says counts for nothing.
        after = run_v2.Service(found)
        for part in ("template", "traffic", "scaling"):
            setattr(after, part, getattr(wanted, part))
        after.annotations = dict(wanted.annotations)
        after.client = wanted.client
        after.generation += 1
        after.etag = f'"{self._made}"'
        after.reconciling = True
        after.terminal_condition = run_v2.Condition(
            type_="Ready", state=State.CONDITION_RECONCILING
        )
        operation = self._operation(path, done=False)
        motion = _Motion(operation.name, "", self.plan.failure, has_new_revision=not is_same)
        if not is_same:
            motion.revision = self._new_revision(path, after)
        after.conditions = [
            run_v2.Condition(
                type_="ConfigurationsReady",
                state=State.CONDITION_RECONCILING,
                message=f"Deploying revision {motion.revision}" if motion.revision else "",
            ),
            run_v2.Condition(type_="RoutesReady", state=State.CONDITION_PENDING),
        ]
        self.services[path] = after
        self._motions[path] = motion
        if motion.revision:
            self.on_revision(motion.revision)
        return operation

    def _new_revision(self, path: str, service: run_v2.Service) -> str:
        known = self.revisions.setdefault(path, [])
        name = service.template.revision or f"{short(path)}-{service.generation:05d}-abc"
        created = datetime(2026, 1, 1, tzinfo=UTC) + timedelta(seconds=self._made)
        known.append(
            run_v2.Revision(
                name=f"{path}/revisions/{name}",
                service=path,
                annotations=dict(service.template.annotations),
                containers=list(service.template.containers),
                create_time=created,
                conditions=[run_v2.Condition(type_="Ready", state=State.CONDITION_RECONCILING)],
            )
        )
        service.latest_created_revision = f"{path}/revisions/{name}"
        serving = {short(s.revision) for s in service.traffic_statuses}
        while len(known) > REVISIONS_MAX:
            known.remove(next(r for r in known if short(r.name) not in serving))
        return name

    def _look(self, path: str) -> None:
        motion = self._motions.get(path)
        if motion is None:
            return
        motion.looks += 1
        if motion.looks >= LOOKS_UNTIL_DONE and not self.plan.is_held:
            self._finish(path)

    def _finish(self, path: str) -> None:
        motion = self._motions.pop(path, None)
        if motion is None:
            return
        service = self.services[path]
        operation = self.operations[motion.operation]
        operation.done = True
        service.reconciling = False
        fails = motion.failure and motion.has_new_revision
        state = State.CONDITION_FAILED if fails else State.CONDITION_SUCCEEDED
        message = motion.failure if fails else ""
        if motion.revision:
            for revision in self.revisions[path]:
                if short(revision.name) == motion.revision:
                    revision.conditions = [
                        run_v2.Condition(type_="Ready", state=state, message=message)
                    ]
        service.terminal_condition = run_v2.Condition(type_="Ready", state=state, message=message)
        service.conditions = [
            run_v2.Condition(type_="ConfigurationsReady", state=state, message=message),
            run_v2.Condition(type_="RoutesReady", state=State.CONDITION_SUCCEEDED),
        ]
        if fails:
            operation.error.code = 9
            operation.error.message = message
            return
        service.observed_generation = service.generation
        if motion.revision:
            service.latest_ready_revision = service.latest_created_revision
        self._route(service)
        operation.response.Pack(run_v2.Service.pb(service))

    def _route(self, service: run_v2.Service) -> None:
        targets = list(service.traffic) or [run_v2.TrafficTarget(type_=LATEST, percent=100)]
        service.traffic_statuses = [
            run_v2.TrafficTargetStatus(
                type_=t.type_,
                percent=t.percent,
                revision=service.latest_ready_revision if t.type_ == LATEST else t.revision,
            )
            for t in targets
        ]
        self.on_serving(frozenset(short(s.revision) for s in service.traffic_statuses if s.percent))

    def _operation(self, path: str, *, done: bool) -> operations_pb2.Operation:
        name = f"{path.partition('/services/')[0]}/operations/op-{len(self.operations) + 1}"
        operation = operations_pb2.Operation(name=name, done=done)
        self.operations[name] = operation
        return operation


@contextmanager
def cloud_run_server(**said: Any) -> Iterator[CloudRunServer]:
    """Serve until the block ends."""
    server = CloudRunServer(**said)
    server.start()
    try:
        yield server
    finally:
        server.stop()


def _new_service(path: str) -> run_v2.Service:
    return run_v2.Service(
        name=path, traffic=[run_v2.TrafficTarget(type_=LATEST, percent=100)], etag='"0"'
    )


def _container(image: str, env: dict[str, str]) -> run_v2.Container:
    variables = [run_v2.EnvVar(name=name, value=value) for name, value in env.items()]
    return run_v2.Container(name="app", image=image, env=variables)


def _plain(template: run_v2.RevisionTemplate) -> bytes:
    """Return what makes a template another one; a name alone does not."""
    copy = run_v2.RevisionTemplate(template)
    copy.revision = ""
    found: bytes = run_v2.RevisionTemplate.pb(copy).SerializeToString(deterministic=True)
    return found


def _handlers(server: CloudRunServer) -> grpc.GenericRpcHandler:
    class Routes(grpc.GenericRpcHandler):
        """Finds the method of the server that a call is for."""

        def service(self, details: grpc.HandlerCallDetails) -> grpc.RpcMethodHandler | None:
            known = _METHODS.get(details.method)
            if known is None:
                return None
            name, read, write = known

            def answer(request: Any, context: grpc.ServicerContext) -> Any:
                return _answer(server, name, request, context)

            return grpc.unary_unary_rpc_method_handler(answer, read, write)

    return Routes()


def _answer(server: CloudRunServer, name: str, request: Any, context: grpc.ServicerContext) -> Any:
    with server.lock:
        server.calls.append(name)
        mishap = next((m for m in server.mishaps if m.method == name), None)
        if mishap is not None:
            server.mishaps.remove(mishap)
        try:
            found = getattr(server, name)(request) if mishap is None or mishap.has_effect else None
        except RefusedError as refused:
            code, text = refused.code, str(refused)
        else:
            if mishap is None:
                return found
            code, text = mishap.code, mishap.message
    context.abort(code, text)
    return None


_OPERATION = operations_pb2.Operation.SerializeToString
_METHODS: dict[str, tuple[str, Any, Any]] = {
    "/google.cloud.run.v2.Services/GetService": (
        "get_service", run_v2.GetServiceRequest.deserialize, run_v2.Service.serialize,
    ),
    "/google.cloud.run.v2.Services/UpdateService": (
        "update_service", run_v2.UpdateServiceRequest.deserialize, _OPERATION,
    ),
    "/google.cloud.run.v2.Revisions/ListRevisions": (
        "list_revisions", run_v2.ListRevisionsRequest.deserialize, run_v2.ListRevisionsResponse.serialize,
    ),
    "/google.cloud.run.v2.Revisions/DeleteRevision": (
        "delete_revision", run_v2.DeleteRevisionRequest.deserialize, _OPERATION,
    ),
    "/google.longrunning.Operations/GetOperation": (
        "get_operation", operations_pb2.GetOperationRequest.FromString, _OPERATION,
    ),
}  # fmt: skip

"""What sidecars speak: reports in, plans out. Plain routes, since they are most of the traffic."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any
from urllib.parse import parse_qsl

import msgspec
from starlette.types import Receive, Scope, Send

from tagent_contract import wire
from tagent_contract.names import BootId
from tagent_contract.plan import CONFIRMED_AGE_HEADER
from tagent_contract.reports import Batch
from tagent_platform.api import examples
from tagent_platform.api.auth import CALLER, Access, Caller, require
from tagent_platform.api.context import Context
from tagent_platform.api.eager import Headers
from tagent_platform.api.errors import forbidden, invalid
from tagent_platform.api.gate import PREFIX
from tagent_platform.api.openapi import answers, body_of
from tagent_platform.core.records import TokenRole
from tagent_platform.ports.store import StoreUnavailableError
from tagent_platform.usecases.ingest_telemetry import ingest_telemetry, take_at_once
from tagent_platform.usecases.platform import Platform
from tagent_platform.usecases.read_plan import HeldPlan, PlanAnswer, read_plan

AGE_HEADER = CONFIRMED_AGE_HEADER.encode()
AGE_MAX_S = 999_999.0
"""Written for a store that was never confirmed."""
CUT_OFF = "this process of the platform cannot reach it; another one may"
LATE_S = 5.0
"""Beyond what was asked for, before an answer is forced."""


def _age(age_s: float) -> bytes:
    return b"%.3f" % min(age_s, AGE_MAX_S)


def refuse_when_cut_off(platform: Platform) -> None:
    """Send a sidecar to another process of the platform, where there may be one: what it says here nobody would hear.

    Alone, the platform goes on listening while its store is away.
    """
    if platform.is_cut_off:
        raise StoreUnavailableError(CUT_OFF)


async def send_json(send: Send, status: int, body: bytes, age_s: float) -> None:
    """Answer without the detour over a response object."""
    headers = [(AGE_HEADER, _age(age_s))]
    if status != 304:
        headers += [
            (b"content-type", b"application/json"),
            (b"content-length", b"%d" % len(body)),
        ]
    await send({"type": "http.response.start", "status": status, "headers": headers})
    await send({"type": "http.response.body", "body": body})


class TelemetryRoute:
    """`POST /telemetry`: the gate has read the body and knows the caller."""

    def __init__(self, context: Context, access: Access) -> None:
        self._context = context
        self._platform = context.platform
        self._access = access

    def answer_at_once(self, headers: Headers, body: bytes) -> bytes | None:
        """Take in one report of a known sidecar that says nothing new; see `api/eager.py`."""
        if self._platform.is_cut_off:
            return None
        authorization = next((value for name, value in headers if name == b"authorization"), None)
        caller = self._access.admit_sidecar(authorization)
        if caller is None:
            return None
        reports = wire.decode(body, Batch).reports
        if len(reports) != 1:
            return None
        revision = take_at_once(self._platform, report=reports[0], actor=caller.actor)
        if revision is None:
            return None
        self._count(1)
        answer = wire.encode(revision)
        return b"%b: %b\r\ncontent-type: application/json\r\ncontent-length: %d\r\n\r\n%b" % (
            AGE_HEADER,
            _age(self._confirmed_age_s()),
            len(answer),
            answer,
        )

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Take in one batch."""
        caller: Caller = scope[CALLER]
        require(caller, TokenRole.SIDECAR)
        refuse_when_cut_off(self._platform)
        message = await receive()
        batch = wire.decode(message["body"], Batch)
        revision = await ingest_telemetry(self._platform, reports=batch.reports, actor=caller.actor)
        self._count(len(batch.reports))
        await send_json(send, 200, wire.encode(revision), self._confirmed_age_s())

    def _count(self, reports: int) -> None:
        traffic = self._context.traffic
        traffic.batches += 1
        traffic.reports += reports

    def _confirmed_age_s(self) -> float:
        platform = self._platform
        return platform.store_watch.confirmed_age_s(platform.clock.monotonic())


@dataclass(frozen=True, slots=True)
class _PlanQuery:
    service: str
    instance: str
    boot_id: str
    held: HeldPlan
    wait_s: float


class PlanRoute:
    """`GET /instances/{service}/{instance}/plan`: the long-poll."""

    def __init__(self, context: Context) -> None:
        self._context = context

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer the plan once it is newer than the one held, else 304."""
        caller: Caller = scope[CALLER]
        require(caller, TokenRole.SIDECAR)
        refuse_when_cut_off(self._context.platform)
        query = _plan_query(scope, self._context.limits.long_poll_wait_s_max)
        if caller.actor.service != query.service:
            raise forbidden(f"this token is for {caller.actor.service}, not for {query.service}")
        answer = await self._wait(query, receive)
        self._context.traffic.plans += 1
        if answer.plan is None:
            await send_json(send, 304, b"", answer.confirmed_age_s)
        else:
            await send_json(send, 200, wire.encode(answer.plan), answer.confirmed_age_s)

    async def _wait(self, query: _PlanQuery, receive: Receive) -> PlanAnswer:
        with self._context.long_polls.take():
            answer = await self._context.stopping.wait_for(
                self._read(query, query.wait_s), query.wait_s + LATE_S, _is_gone(receive)
            )
        return answer or await self._read(query, 0.0)

    async def _read(self, query: _PlanQuery, wait_s: float) -> PlanAnswer:
        return await read_plan(
            self._context.platform,
            service=query.service,
            instance=query.instance,
            boot_id=query.boot_id,
            held=query.held,
            wait_s=wait_s,
        )


async def _is_gone(receive: Receive) -> None:
    while (await receive())["type"] != "http.disconnect":
        pass


def _plan_query(scope: Scope, wait_s_max: float) -> _PlanQuery:
    query = dict(parse_qsl(scope["query_string"].decode("latin-1"), keep_blank_values=True))
    try:
        boot_id = msgspec.convert(query.get("boot_id"), BootId)
    except msgspec.ValidationError as error:
        raise invalid("boot_id", str(error)) from error
    path: Mapping[str, str] = scope["path_params"]
    revision = _number(query, "revision", -1.0, least=-1.0)
    return _PlanQuery(
        service=path["service"],
        instance=path["instance"],
        boot_id=boot_id,
        held=HeldPlan(query.get("epoch", ""), int(revision)),
        wait_s=min(_number(query, "wait_s", 0.0), wait_s_max),
    )


def _number(query: Mapping[str, str], name: str, default: float, *, least: float = 0.0) -> float:
    text = query.get(name)
    if text is None:
        return default
    try:
        number = float(text)
    except ValueError:
        number = math.nan
    if not least <= number <= 2**53:
        raise invalid(name, f"is not a number from {least:g}")
    return number


def _documented() -> dict[str, Any]:
    report = {
        "post": {
            "tags": ["sidecars"],
            "summary": "Report",
            "operationId": "report",
            "description": "Takes in a batch of reports. What it answered is committed; it names the revision of the plan to have.",
            "security": [{"token": []}],
            "requestBody": body_of("Batch", examples.BATCH),
            "responses": answers(200, "PlanRevision", "Taken in.", examples.PLAN_REVISION, (409,)),
        }
    }
    at_root = {"post": {**report["post"], "operationId": "report_at_root"}}
    plan = {
        "get": {
            "tags": ["sidecars"],
            "summary": "Plan",
            "operationId": "plan",
            "description": (
                "What the instance should do now; waits up to `wait_s` for a newer one than the one held. "
                f"The header `{CONFIRMED_AGE_HEADER}` says how long ago the store was confirmed."
            ),
            "security": [{"token": []}],
            "parameters": [
                _parameter("path", "service", {"type": "string"}),
                _parameter("path", "instance", {"type": "string"}),
                _parameter("query", "boot_id", msgspec.json.schema(BootId), required=True),
                _parameter("query", "epoch", {"type": "string"}),
                _parameter("query", "revision", {"type": "integer", "minimum": -1, "default": -1}),
                _parameter("query", "wait_s", {"type": "number", "minimum": 0, "default": 0}),
            ],
            "responses": {
                304: {"description": "The plan held is the newest."},
                **answers(200, "Plan", "A newer plan.", examples.PLAN, (404, 409)),
            },
        }
    }
    return {
        "/telemetry": at_root,
        f"{PREFIX}/telemetry": report,
        f"{PREFIX}/instances/{{service}}/{{instance}}/plan": plan,
    }


def _parameter(
    place: str, name: str, schema: dict[str, Any], *, required: bool = False
) -> dict[str, Any]:
    return {"in": place, "name": name, "schema": schema, "required": required or place == "path"}


DOCUMENTED = _documented()
"""These routes in the OpenAPI document."""

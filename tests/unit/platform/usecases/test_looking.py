"""What people look at: services, faults, series, lines, events."""

from __future__ import annotations

import pytest

from tagent_contract.faults import EndReason, Error, FaultState
from tagent_contract.health import Health, HealthReason, InstanceState
from tagent_contract.incidents import Cause, IncidentState, Severity
from tagent_contract.reports import Histogram, LogLine, Window
from tagent_platform.core.records import IncidentRecord, TimelineRecord
from tagent_platform.ports.store import Change, EventQuery
from tagent_platform.usecases.errors import InvalidError, NotFoundError
from tagent_platform.usecases.list_events import list_events
from tagent_platform.usecases.list_faults import list_faults
from tagent_platform.usecases.list_services import list_services
from tagent_platform.usecases.read_logs import read_logs
from tagent_platform.usecases.read_series import read_series
from tagent_platform.usecases.show_fault import show_fault
from tagent_platform.usecases.show_service import show_service
from tests.fakes.house import House


@pytest.fixture
def house() -> House:
    return House()


def incident(house: House, fault_id: str, **changes: object) -> IncidentRecord:
    now = house.clock.now()
    fields: dict[str, object] = {
        "id": "inc1",
        "service": "chat",
        "state": IncidentState.OPEN,
        "severity": Severity.ERROR,
        "cause": Cause.INJECTED,
        "summary": "chat is slow",
        "opened_at": now,
        "detected_at": now,
        "faults": (fault_id,),
        "timeline": (TimelineRecord(at=now, kind="detected", text="chat is DEGRADED"),),
    }
    return IncidentRecord(**{**fields, **changes})  # type: ignore[arg-type]


async def test_a_service_is_shown_with_all_that_is_known_of_it(house: House) -> None:
    sidecar = await house.registered()
    fault = await house.inject()
    await house.store.commit([Change(IncidentRecord, "inc1", incident(house, fault.id), 0)])
    await house.clock.advance(2)
    window = Window(
        age_s=0.0,
        duration_s=5.0,
        requests=50,
        first_byte=Histogram(counts={80: 50}, sum_ms=50.0),
        rss_bytes=1000,
    )
    state = InstanceState(health=Health.DEGRADED, reason=HealthReason.LATENCY, detail="p95 2512 ms")
    await sidecar.report(windows=(window,), state=state)

    view = await show_service(house.platform, service="chat")

    (instance,) = view.instances
    assert (instance.name, instance.health, instance.detail) == (
        "chat-1",
        Health.DEGRADED,
        "p95 2512 ms",
    )
    assert view.figures == instance.figures
    assert view.figures.requests_per_s == 10
    assert view.figures.rss_bytes == 1000
    assert [brief.id for brief in view.faults] == [fault.id]
    assert view.incident is not None
    assert view.incident.id == "inc1"


async def test_figures_older_than_the_window_are_not_shown(house: House) -> None:
    sidecar = await house.registered()
    await sidecar.report(windows=(Window(age_s=0.0, duration_s=5.0, requests=50),))
    await house.clock.advance(11)

    assert (await show_service(house.platform, service="chat")).figures.requests_per_s == 0


async def test_an_unknown_service_is_an_error_that_names_the_near_ones(house: House) -> None:
    await house.registered(service="summary-service")
    with pytest.raises(NotFoundError) as raised:
        await show_service(house.platform, service="sumary-service")
    assert raised.value.near == ("summary-service",)


async def test_services_are_listed_by_name_a_page_at_a_time(house: House) -> None:
    for name in ("b", "d", "a", "c"):
        await house.registered(f"{name}-1", name)

    first = await list_services(house.platform, limit=3)
    second = await list_services(house.platform, cursor=first.next, limit=3)

    assert [view.name for view in first.items] == ["a", "b", "c"]
    assert [view.name for view in second.items] == ["d"]
    assert second.next is None


@pytest.mark.parametrize("cursor", ["%%%", "nöt", "gA"])
async def test_a_cursor_that_was_never_given_out_is_invalid(house: House, cursor: str) -> None:
    with pytest.raises(InvalidError, match="cursor"):
        await list_services(house.platform, cursor=cursor)


async def test_faults_are_listed_newest_first(house: House) -> None:
    sidecar = await house.registered()
    first = await house.inject()
    await sidecar.acknowledge(first, active=False, ended_age_s=0.0, end_reason=EndReason.TTL)
    await house.clock.advance(1)
    second = await house.inject(Error())

    assert [view.id for view in (await list_faults(house.platform)).items] == [
        second.id,
        first.id,
    ]
    active = await list_faults(house.platform, service="chat", active=True)
    assert [view.id for view in active.items] == [second.id]
    with pytest.raises(NotFoundError):
        await list_faults(house.platform, service="nobody")


async def test_a_faults_timeline_goes_on_into_its_incident(house: House) -> None:
    sidecar = await house.registered()
    fault = await house.inject()
    await house.clock.advance(1)
    await sidecar.acknowledge(fault)
    await house.clock.advance(1)
    await sidecar.acknowledge(fault, injected=1, first_affected_age_s=0.0)
    await house.clock.advance(1)
    await house.store.commit([Change(IncidentRecord, "inc1", incident(house, fault.id), 0)])
    await house.clock.advance(1)
    await sidecar.acknowledge(fault, active=False, ended_age_s=0.0, end_reason=EndReason.TTL)

    view = await show_fault(house.platform, fault_id=fault.id)

    assert [entry.kind for entry in view.timeline] == [
        "armed",
        "acknowledged",
        "first_affected",
        "detected",
        "ended",
    ]
    assert (view.incident, view.state) == ("inc1", FaultState.EXPIRED)
    with pytest.raises(NotFoundError):
        await show_fault(house.platform, fault_id="nothing")


async def test_series_have_a_point_a_step_and_name_what_is_wrong(house: House) -> None:
    await house.registered()
    (view,) = await read_series(
        house.platform, service="chat", metrics=["requests_per_s"], window_s=60, step_s=5
    )
    assert len(view.points) == 12

    for changes, path in (
        ({"metrics": ["nonsense"]}, "metric"),
        ({"window_s": float("nan")}, "window_s"),
        ({"step_s": 0.0}, "step_s"),
        ({"window_s": 86_400.0, "step_s": 1.0}, "step_s"),
    ):
        asked = {"metrics": ["requests_per_s"], "window_s": 60.0, "step_s": 5.0, **changes}
        with pytest.raises(InvalidError) as raised:
            await read_series(house.platform, service="chat", **asked)  # type: ignore[arg-type]
        assert raised.value.path == path


async def test_lines_are_searched_and_bounded(house: House) -> None:
    sidecar = await house.registered()
    lines = [
        LogLine(age_s=1.0, stream="stderr", level="error", text=text) for text in ("one", "two")
    ]
    await sidecar.report(logs=tuple(lines))

    (entry,) = await read_logs(house.platform, service="chat", query="TWO")
    assert (entry.text, entry.instance) == ("two", "chat-1")
    with pytest.raises(InvalidError, match="level"):
        await read_logs(house.platform, service="chat", level="loud")
    with pytest.raises(InvalidError, match="limit"):
        await read_logs(house.platform, service="chat", limit=0)


async def test_events_are_read_from_where_one_stopped(house: House) -> None:
    await house.registered("chat-1")
    await house.registered("chat-2")
    await house.registered("demo-1", "demo")

    first = await list_events(house.platform, EventQuery(limit=2))
    assert first.next == first.items[-1].cursor
    rest = await list_events(house.platform, EventQuery(after=first.next, limit=2))
    assert [event.service for event in rest.items] == ["demo"]
    assert rest.next is None
    chat = await list_events(house.platform, EventQuery(service="chat"))
    assert [event.sequence for event in chat.items] == [1, 2]
    newest = await list_events(house.platform, EventQuery(newest_first=True, limit=2))
    assert [event.service for event in newest.items] == ["demo", "chat"]
    oldest = await list_events(
        house.platform, EventQuery(newest_first=True, limit=2, before=newest.next)
    )
    assert (oldest.items, oldest.next) == (first.items[:1], None)


@pytest.mark.parametrize(
    "query",
    [EventQuery(after="nowhere"), EventQuery(before="nowhere"), EventQuery(limit=0)],
)
async def test_what_cannot_be_asked_of_the_log_is_named(house: House, query: EventQuery) -> None:
    wrong = "limit" if query.limit == 0 else "after" if query.after else "before"
    with pytest.raises(InvalidError, match=wrong):
        await list_events(house.platform, query)

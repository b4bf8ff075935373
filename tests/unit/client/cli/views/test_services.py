"""What is shown of services."""

from __future__ import annotations

from tagent_client.cli.views import services as views
from tagent_client.cli.views.sheet import Cell, Sheet, text_of
from tagent_contract.faults import FaultState
from tagent_contract.health import Health, HealthReason
from tagent_contract.incidents import HeldBack, IncidentState, Refusal, Severity
from tagent_contract.policy import Mode
from tagent_contract.services import FaultBrief, Figures, Halt, IncidentBrief, Maintenance
from tests.fakes.shown import NOW, ago, instance, service


def row(sheet: Sheet, number: int = 0) -> dict[str, str]:
    return dict(zip(sheet.headings, map(text_of, sheet.rows[number]), strict=True))


def said(line: views.Line) -> str:
    return "".join(map(text_of, line))


BRIEF = IncidentBrief(
    id="i7",
    state=IncidentState.OPEN,
    severity=Severity.CRITICAL,
    summary="it hangs",
    opened_at=ago(9),
    held_back=HeldBack(reason=Refusal.BACK_OFF, until=ago(-20), text="waiting before restart 2"),
)


def test_a_row_says_how_a_service_is() -> None:
    view = service(
        health=Health.UNHEALTHY,
        figures=Figures(requests_per_s=1.34, error_ratio=0.5, first_byte_p95_ms=2512),
        faults=(
            FaultBrief(
                id="f", type="hang", state=FaultState.ACTIVE, expires_at=ago(-9), injected=1
            ),
        ),
        incident=BRIEF,
    )
    assert row(views.services_sheet([view], NOW)) == {
        "SERVICE": "chat-service",
        "HEALTH": "UNHEALTHY",
        "FOR": "12 s",
        "REQ/S": "1.3",
        "ERRORS": "50 %",
        "P95": "2.5 s",
        "FAULTS": "hang",
        "INCIDENT": "OPEN",
    }


def test_the_sick_come_first_and_then_the_names() -> None:
    services = [
        service("a"),
        service("z", health=Health.OFFLINE),
        service("m", health=Health.DEGRADED),
        service("b", health=Health.UNKNOWN),
    ]
    sheet = views.services_sheet(services, NOW)
    assert [text_of(cells[0]) for cells in sheet.rows] == ["z", "m", "a", "b"]


def test_remarks_say_what_the_table_cannot() -> None:
    sick = service(
        health=Health.UNHEALTHY,
        detail="inside check: no answer within 1 s",
        incident=BRIEF,
        maintenance=Maintenance(reason="new disk", until=ago(-600), by="anna"),
        mode=Mode.CHECK,
    )
    halt = Halt(halted=True, reason="too much", by="ben", faults_ending=2)
    lines = [said(line) for line in views.remarks([service("b"), sick], halt, NOW)]
    assert lines == [
        "HALTED by ben: too much; 2 faults still ending",
        "chat-service: inside check: no answer within 1 s",
        "chat-service: OPEN it hangs (i7)",
        "chat-service: healing waits for 20 s more: waiting before restart 2",
        "chat-service: maintenance by anna for 10 min more: new disk",
        "chat-service: healing is in mode check",
    ]


def test_nothing_is_remarked_when_all_is_well() -> None:
    assert (
        views.remarks([service(), service("b", health=Health.UNKNOWN)], Halt(halted=False), NOW)
        == []
    )


def test_an_instance_s_row_and_what_stands_out_about_it() -> None:
    view = instance(
        health=Health.DEGRADED,
        detail="p95 2512 ms",
        clock_offset_s=-3.25,
        supervised=False,
        figures=Figures(cpu_ratio=0.021, rss_bytes=40 * 2**20),
    )
    shown = row(views.instances_sheet([view], NOW))
    assert (shown["CPU"], shown["MEMORY"], shown["HEARD"]) == ("2.1 %", "40 MiB", "1.0 s")
    assert [said(line) for line in views.instance_remarks([view])] == [
        "chat-service-9001: p95 2512 ms",
        "chat-service-9001: its clock is -3.2 s off the platform's",
        "chat-service-9001: its sidecar is not the parent, so it cannot be restarted",
    ]


def test_the_head_falls_back_to_the_reason() -> None:
    view = service(health=Health.UNKNOWN, reason=HealthReason.NO_INSTANCES)
    assert said(views.service_head(view, NOW)) == "chat-service is UNKNOWN for 12 s: no instances"


def test_who_answers_the_samples_is_said_in_one_line() -> None:
    def line(providers: dict[str, str | None]) -> str | None:
        found = views.providers_line(providers)
        return None if found is None else said(found)

    assert line({}) is None
    assert (
        line({"a": "local", "b": "local"})
        == "The samples answer locally (no key is set; see .env.example)"
    )
    assert line({"a": "gemini", "b": None}) == "The samples are answered by gemini"
    assert (
        line({"a": "gemini", "b": "local"}) == "The samples are answered: a by gemini, b by local"
    )
    assert line({"a": None}) == "The samples do not say who answers them."


def test_errors_stand_out_only_when_there_are_some() -> None:
    sheet = views.services_sheet(
        [
            service("a", figures=Figures(error_ratio=0.0)),
            service("b", figures=Figures(error_ratio=0.1)),
        ],
        NOW,
    )
    looks = [cells[4].look for cells in sheet.rows if isinstance(cells[4], Cell)]
    assert looks == ["", "bad"]


def test_instances_are_counted_by_revision_and_health() -> None:
    view = service(
        instances=(
            instance("a", revision="r1", health=Health.UNHEALTHY),
            instance("b", revision="r1", health=Health.UNHEALTHY),
            instance("c", revision="r2", health=Health.UNKNOWN),
            instance("d", revision="r2"),
        )
    )
    assert views.revisions_line(view) == "r1: 2 UNHEALTHY; r2: 1 HEALTHY, 1 UNKNOWN"
    assert views.revisions_line(service(instances=(instance(),))) == ""


def test_a_retired_instance_is_told_from_one_that_cannot_be_restarted() -> None:
    lines = views.instance_remarks(
        [
            instance("a", supervised=False, revision="r1", retired=True),
            instance("b", supervised=False, revision="r2"),
            instance("c", supervised=False),
        ]
    )
    assert [said(line) for line in lines] == [
        "a: of revision r1, which serves no more",
        "b: its sidecar is not the parent, so it cannot be restarted alone",
        "c: its sidecar is not the parent, so it cannot be restarted",
    ]

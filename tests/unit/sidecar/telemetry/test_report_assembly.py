from __future__ import annotations

from tagent_contract.health import Health, HealthReason, InstanceState
from tagent_contract.reports import (
    AttemptProgress,
    AttemptState,
    ExitSeen,
    FaultProgress,
    Report,
    Window,
)
from tagent_contract.wire import decode, encode
from tagent_sidecar.telemetry.log_lines import LogLines
from tagent_sidecar.telemetry.report_assembly import (
    Draft,
    Identity,
    Present,
    ReportAssembly,
    ReportLimits,
)
from tagent_sidecar.telemetry.window_buffer import WindowBuffer

IDENTITY = Identity(
    service="chat-service",
    instance="chat-service-9001",
    boot_id="boot-0001",
    boot_at=90.0,
    address="127.0.0.1:9001",
    protocol="http",
    supervised=True,
    version="1",
    capabilities=("latency",),
    missing={"hang": "needs Linux"},
)
STATE = InstanceState(health=Health.HEALTHY, reason=HealthReason.HEALTHY)
SENT_AT = "2026-01-31T09:30:00.125Z"


class Desk:
    """An assembly with its buffers."""

    def __init__(self, windows: int = 0, limits: ReportLimits | None = None) -> None:
        self.windows = WindowBuffer()
        self.lines = LogLines()
        self.assembly = ReportAssembly(IDENTITY, self.windows, self.lines, limits)
        for number in range(windows):
            self.windows.add(Window(age_s=0, duration_s=5, requests=number), ended_at=100.0)

    def draft(self, **present: object) -> Draft:
        told = Present(incarnation="1", state=STATE, checks_passed_in_row=2, **present)  # type: ignore[arg-type]
        return self.assembly.draft(told, 100.0, SENT_AT)


def exit_seen(**changes: object) -> ExitSeen:
    return ExitSeen(
        **{"number": 1, "incarnation": "1", "age_s": 0.1, "status": "exit 3", **changes}  # type: ignore[arg-type]
    )


def test_a_report_says_who_speaks_and_is_readable_by_the_other_side() -> None:
    report = Desk(windows=1).draft(faults=(FaultProgress(id="f1", active=True),)).report
    assert (report.boot_id, report.seq, report.boot_age_s) == ("boot-0001", 1, 10.0)
    assert decode(encode(report), Report) == report


def test_each_attempt_has_the_next_number() -> None:
    desk = Desk()
    first = desk.draft()
    desk.assembly.failed(first)
    assert desk.draft().report.seq == 2


def test_an_exit_is_told_until_a_report_with_it_was_answered() -> None:
    desk = Desk()
    draft = desk.draft(exits=(exit_seen(),))
    desk.assembly.failed(draft)
    draft = desk.draft(exits=(exit_seen(age_s=1.0),))
    assert len(draft.report.exits) == 1
    desk.assembly.answered(draft)
    assert desk.draft(exits=(exit_seen(age_s=2.0),)).report.exits == ()


def test_an_exit_is_told_again_when_more_is_known_of_it() -> None:
    desk = Desk()
    desk.assembly.answered(desk.draft(exits=(exit_seen(),)))
    restarted = exit_seen(restarted_as="2", back_ms=14.0)
    assert desk.draft(exits=(restarted,)).report.exits == (restarted,)


def test_what_is_no_longer_spoken_of_takes_no_room() -> None:
    desk = Desk()
    for number in range(100):
        desk.assembly.answered(desk.draft(exits=(exit_seen(number=number),)))
    assert len(desk.assembly._told.exits) <= 2


def test_each_step_of_an_attempt_is_told_until_answered() -> None:
    desk = Desk()
    stopping = AttemptProgress(attempt_id="a1", state=AttemptState.STOPPING)
    desk.assembly.answered(desk.draft(attempts=(stopping,)))
    assert desk.draft(attempts=(stopping,)).report.attempts == ()
    started = AttemptProgress(attempt_id="a1", state=AttemptState.STARTED, incarnation="2")
    assert desk.draft(attempts=(started,)).report.attempts == (started,)


def test_an_old_window_is_never_sent_twice_nor_lost_by_a_failure() -> None:
    desk = Desk(windows=3)
    draft = desk.draft()
    desk.assembly.failed(draft)
    draft = desk.draft()
    assert [window.requests for window in draft.report.windows] == [0, 1, 2]
    desk.assembly.answered(draft)
    assert not desk.assembly.has_backlog
    assert desk.draft().report.windows == ()


def test_a_report_is_bounded_and_the_rest_follows() -> None:
    desk = Desk(windows=5, limits=ReportLimits(windows=2, log_lines=3))
    for number in range(5):
        desk.lines.add("stdout", str(number), 100.0)
    draft = desk.draft()
    assert len(draft.report.windows) == 2
    assert len(draft.report.logs) == 3
    desk.assembly.answered(draft)
    assert desk.assembly.has_backlog
    assert [window.requests for window in desk.draft().report.windows] == [2, 3]


def test_log_lines_of_a_failed_report_are_sent_with_the_next() -> None:
    desk = Desk()
    desk.lines.add("stdout", "kept", 99.0)
    desk.assembly.failed(desk.draft())
    assert [line.text for line in desk.draft().report.logs] == ["kept"]


def test_what_the_platform_refuses_is_not_repeated_for_ever() -> None:
    desk = Desk(windows=40)
    lost = 0
    reports = 0
    while desk.assembly.has_backlog and reports < 100:
        reports += 1
        lost += desk.assembly.refused(desk.draft())
    assert lost == 40
    assert desk.windows.dropped_total == 40


def test_only_the_bad_window_is_lost() -> None:
    desk = Desk(windows=40)
    sent: list[int] = []
    lost = 0
    while desk.assembly.has_backlog:
        draft = desk.draft()
        numbers = [window.requests for window in draft.report.windows]
        if 17 in numbers:
            lost += desk.assembly.refused(draft)
        else:
            sent += numbers
            desk.assembly.answered(draft)
    assert lost == 1
    assert sent == [number for number in range(40) if number != 17]


def test_refused_log_lines_are_lost_and_counted() -> None:
    desk = Desk()
    desk.lines.add("stdout", "bad", 99.0)
    desk.assembly.refused(desk.draft())
    assert desk.draft().report.logs == ()
    assert desk.lines.take_dropped() == 1


def test_a_goodbye_says_so() -> None:
    desk = Desk()
    present = Present(incarnation="1", state=STATE, checks_passed_in_row=0)
    assert desk.assembly.draft(present, 100.0, SENT_AT, goodbye=True).report.goodbye

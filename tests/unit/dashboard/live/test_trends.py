"""Small lines: one sample every 5 s, an hour long, the highest of each stretch of time."""

from __future__ import annotations

from tagent_contract.services import Figures
from tagent_dashboard.live.snapshot import Snapshot
from tagent_dashboard.live.trends import POINTS, SAMPLE_EVERY_S, SAMPLES, Trends, shown_latency_ms
from tests.fakes import shown

FIVE_MINUTES_S = 300.0
AN_HOUR_S = 3600.0


def snapshot(number: int, latency_ms: float | None, *, name: str = "a") -> Snapshot:
    service = shown.service(name, figures=Figures(first_byte_p95_ms=latency_ms))
    return Snapshot(taken_at=shown.NOW + number * SAMPLE_EVERY_S, services=(service,))


def test_a_line_is_as_long_as_what_is_known() -> None:
    trends = Trends()
    for number, latency_ms in enumerate((1.0, 2.0, None, 4.0)):
        trends.add(snapshot(number, latency_ms))

    # Two samples are one point of five minutes.
    assert trends.of("a", FIVE_MINUTES_S) == [2.0, 4.0]
    assert trends.of("nobody", FIVE_MINUTES_S) == []


def test_samples_closer_than_five_seconds_are_one() -> None:
    trends = Trends()
    trends.add(snapshot(0, 1.0))
    trends.add(Snapshot(taken_at=shown.NOW + 1, services=snapshot(0, 9.0).services))

    assert trends.taken == 1
    assert trends.of("a", FIVE_MINUTES_S) == [1.0]


def test_a_point_does_not_change_as_the_line_moves_on() -> None:
    trends = Trends()
    for number in range(200):
        trends.add(snapshot(number, float(number)))
    before = list(trends.of("a", FIVE_MINUTES_S))
    trends.add(snapshot(200, 200.0))
    trends.add(snapshot(201, 201.0))

    assert len(before) == POINTS
    assert list(trends.of("a", FIVE_MINUTES_S))[: POINTS - 1] == before[1:]


def test_a_long_range_shows_the_highest_of_each_stretch() -> None:
    trends = Trends()
    for number in range(SAMPLES):
        trends.add(snapshot(number, 3000.0 if number == 100 else 10.0))

    line = trends.of("a", AN_HOUR_S)
    assert len(line) == POINTS
    assert max(line) == 3000.0
    assert line.count(10.0) == POINTS - 1
    assert set(trends.of("a", FIVE_MINUTES_S)) == {10.0}


def test_a_line_begins_with_its_service_and_ends_with_it() -> None:
    trends = Trends()
    trends.add(snapshot(0, 5.0))
    trends.add(snapshot(1, 6.0, name="b"))

    assert trends.of("a", FIVE_MINUTES_S) == []
    assert trends.of("b", FIVE_MINUTES_S) == [6.0]


def test_a_line_older_than_an_hour_is_forgotten() -> None:
    trends = Trends()
    for number in range(SAMPLES + 60):
        trends.add(snapshot(number, 1.0 if number else 3000.0))

    assert max(trends.of("a", AN_HOUR_S * 2)) == 1.0


def test_the_checks_latency_stands_for_requests_while_there_are_none() -> None:
    idle = shown.service(figures=Figures(check_latency_ms=3.0))
    busy = shown.service(figures=Figures(check_latency_ms=3.0, first_byte_p95_ms=50.0))

    assert shown_latency_ms(idle) == 3.0
    assert shown_latency_ms(busy) == 50.0
    assert shown_latency_ms(shown.service()) is None


def test_all_lines_are_worked_out_once_for_each_sample() -> None:
    trends = Trends()
    trends.add(snapshot(0, 5.0))
    first = trends.lines(FIVE_MINUTES_S)

    assert first == {"a": [5.0]}
    assert trends.lines(FIVE_MINUTES_S) is first

    trends.add(snapshot(2, 7.0))
    assert trends.lines(FIVE_MINUTES_S) == {"a": list(trends.of("a", FIVE_MINUTES_S))}
    assert trends.lines(FIVE_MINUTES_S) is not first

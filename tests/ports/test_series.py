"""The series port's promises, one test or more a bullet, over every adapter."""

from __future__ import annotations

import asyncio
import sqlite3
import uuid
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

import pytest

from tagent_contract.reports import CheckFigures, ErrorClass, Histogram, Window
from tagent_platform.adapters.series.chunks import decode_entries
from tagent_platform.adapters.series.flusher import SeriesLimits
from tagent_platform.adapters.series.prometheus import PrometheusSeries
from tagent_platform.adapters.series.prometheus_options import PrometheusOptions
from tagent_platform.adapters.series.prometheus_sender import SenderLimits
from tagent_platform.adapters.series.sqlite import SqliteSeries
from tagent_platform.ports.series import LogQuery, LogSample, Series, WindowSample
from tests.fakes.clock import FakeClock
from tests.fakes.prometheus import PrometheusProcess

NOW = 1_800_000_000.0
HANG_S = 20


class SqliteHarness:
    """Flushes only when it is asked to, unless a test wants the writer's own pace."""

    forgets_by_itself = True
    has_windows_in_the_file = True

    def __init__(self, folder: Path, clock: FakeClock) -> None:
        self.path = folder / "series.db"
        self.clock = clock

    @asynccontextmanager
    async def opened(self, limits: SeriesLimits | None = None) -> AsyncIterator[Series]:
        series = SqliteSeries(self.path, self.clock, limits or SeriesLimits(flush_interval_s=600))
        try:
            yield series
        finally:
            await series.close()

    async def write(self, series: Series) -> None:
        """Have what waits written now."""
        await values(series, "requests_per_s", NOW - 5, NOW, 5)

    def stored_windows(self) -> int:
        """Count the raw windows in storage."""
        stored = sqlite3.connect(self.path)
        bodies = stored.execute("SELECT body FROM raw").fetchall()
        stored.close()
        return sum(len(decode_entries(body)) for (body,) in bodies)

    def stored_line_chunks(self) -> int:
        """Count the chunks of log lines in storage."""
        stored = sqlite3.connect(f"file:{self.path}?mode=ro", uri=True)
        (count,) = stored.execute("SELECT count(*) FROM logs").fetchone()
        stored.close()
        return int(count)


class PrometheusHarness(SqliteHarness):
    """A job of its own for each test in the one Prometheus of this test process; log lines are in the file."""

    forgets_by_itself = False
    has_windows_in_the_file = False

    def __init__(self, folder: Path, clock: FakeClock, prometheus: PrometheusProcess) -> None:
        super().__init__(folder, clock)
        self._prometheus = prometheus
        self._job = f"test-{uuid.uuid4()}"

    @asynccontextmanager
    async def opened(self, limits: SeriesLimits | None = None) -> AsyncIterator[Series]:
        limits = limits or SeriesLimits(flush_interval_s=600)
        async with super().opened(limits) as lines:
            series = PrometheusSeries(
                PrometheusOptions(
                    write_url=self._prometheus.write_url,
                    query_url=self._prometheus.url,
                    labels=f"job={self._job}",
                ),
                lines,
                self.clock,
                SenderLimits(
                    waiting_windows_max=limits.buffered_windows_max,
                    flush_interval_s=limits.flush_interval_s,
                    request_windows=min(100, limits.flush_windows),
                ),
            )
            await series.load()
            try:
                yield series
            finally:
                await series.close()

    async def write(self, series: Series) -> None:
        assert isinstance(series, PrometheusSeries)
        series._sender._wake.set()
        async with asyncio.timeout(HANG_S):
            while series._sender.waiting_of("chat"):
                await asyncio.sleep(0.01)

    def stored_windows(self) -> int:
        name = f'tagent_window_duration_seconds{{job="{self._job}"}}'
        query = f"sum(count_over_time({name}[2d]))"
        return int(self._prometheus.number(query, self.clock.now() + 86_400) or 0)


@pytest.fixture
def clock() -> FakeClock:
    return FakeClock(now=NOW)


@pytest.fixture(params=["sqlite", "prometheus"])
def harness(request: pytest.FixtureRequest, tmp_path: Path, clock: FakeClock) -> SqliteHarness:
    if request.param == "sqlite":
        return SqliteHarness(tmp_path, clock)
    return PrometheusHarness(tmp_path, clock, request.getfixturevalue("prometheus"))


@pytest.fixture
async def series(harness: SqliteHarness) -> AsyncIterator[Series]:
    async with harness.opened() as opened:
        yield opened


def window(requests: int = 50, duration_s: float = 5.0, bucket: int = 80) -> Window:
    histogram = Histogram(counts={bucket: requests} if requests else {}, sum_ms=float(requests))
    return Window(
        age_s=0.0,
        duration_s=duration_s,
        requests=requests,
        errors={ErrorClass.STATUS_5XX: requests // 10} if requests >= 10 else {},
        first_byte=histogram,
        whole=histogram,
        outside=CheckFigures(passed=5, latency_ms=2.5),
        rss_bytes=1000,
    )


def sample(
    at: float, requests: int = 50, instance: str = "chat-1", service: str = "chat"
) -> WindowSample:
    return WindowSample(service, instance, at, window(requests))


def line(text: str, at: float = NOW, level: str = "info", service: str = "chat") -> LogSample:
    return LogSample(service, f"{service}-1", at, "stdout", level, text)


async def values(
    series: Series, metric: str, start: float, end: float, step_s: float
) -> list[float | None]:
    (points,) = await series.query("chat", [metric], start, end, step_s)
    return [value for _, value in points]


# --- figures over time ------------------------------------------------------------------------------------


async def test_what_was_just_appended_is_answered_step_by_step(series: Series) -> None:
    series.append([sample(NOW - 15, 50), sample(NOW - 10, 100), sample(NOW, 25)])
    assert await series.query("chat", ["requests_per_s"], NOW - 20, NOW, 5.0) == [
        [(NOW - 15, 10.0), (NOW - 10, 20.0), (NOW - 5, None), (NOW, 5.0)]
    ]


async def test_several_metrics_are_answered_at_once_in_the_order_asked_for(series: Series) -> None:
    series.append([sample(NOW, 50)])
    assert await series.query(
        "chat", ["rss_bytes", "restarts", "requests_per_s"], NOW - 5, NOW, 5
    ) == [
        [(NOW, 1000)],
        [(NOW, 0)],
        [(NOW, 10.0)],
    ]


async def test_instances_add_up_and_percentiles_come_from_merged_histograms(series: Series) -> None:
    fast, slow = window(90, bucket=80), window(10, bucket=160)
    series.append(
        [
            WindowSample("chat", "chat-1", NOW, fast),
            WindowSample("chat", "chat-2", NOW, slow),
            WindowSample("summary", "summary-1", NOW, window(1000)),
        ]
    )
    assert await values(series, "requests_per_s", NOW - 5, NOW, 5) == [20.0]
    assert await values(series, "rss_bytes", NOW - 5, NOW, 5) == [2000]
    assert await values(series, "outside_check_latency_ms", NOW - 5, NOW, 5) == [2.5]
    (p50,) = await values(series, "whole_p50_ms", NOW - 5, NOW, 5)
    (p99,) = await values(series, "whole_p99_ms", NOW - 5, NOW, 5)
    assert p50 == pytest.approx(1.0, rel=0.1)
    assert p99 == pytest.approx(1000, rel=0.1)


async def test_every_field_of_a_window_survives(harness: SqliteHarness) -> None:
    # The age is none of it: it is the report's, and `at` says when the window ended.
    full = Window(
        age_s=0.0, duration_s=5.0, requests=3, errors={ErrorClass.CUT: 1}, rejected=2, first_byte=Histogram(counts={-5: 1, 90: 2}, sum_ms=4.5),
        whole=Histogram(counts={100: 3}, sum_ms=9.0), cut_streams=1, in_flight=2, connections=3, bytes_in=2**40, bytes_out=5,
        inside=CheckFigures(passed=1, failed=2, latency_ms=0.5), outside=CheckFigures(passed=3), cpu_ratio=0.25, rss_bytes=7, descriptors=8,
        threads=9, restarts=1, cpu_limit_ratio=2.0, memory_limit_bytes=10, sidecar_rss_bytes=11, sidecar_cpu_ratio=0.01, windows_dropped=12,
        log_lines_dropped=13,
    )  # fmt: skip
    async with harness.opened() as series:
        series.append([WindowSample("chat", "chat-1", NOW, full)])
    async with harness.opened() as series:
        assert list(series.recent("chat", "chat-1", NOW - 1)) == [
            WindowSample("chat", "chat-1", NOW, full)
        ]


async def test_an_unknown_metric_names_the_known_ones(series: Series) -> None:
    with pytest.raises(ValueError, match="requests_per_s"):
        await series.query("chat", ["rss_bytes", "speed"], NOW - 5, NOW, 5)


async def test_a_service_that_nobody_heard_of_has_no_values(series: Series) -> None:
    assert await values(series, "requests_per_s", NOW - 10, NOW, 5) == [None, None]


async def test_the_same_window_twice_counts_once(harness: SqliteHarness, clock: FakeClock) -> None:
    async with harness.opened() as series:
        series.append([sample(NOW - 5), sample(NOW), sample(NOW), sample(NOW - 5)])
        assert await values(series, "cut_streams", NOW - 5, NOW, 5) == [0]
        await clock.advance(300)
        newer = [sample(NOW + 5 * n) for n in range(1, 61)]
        series.append(newer)
        assert await values(series, "requests_per_s", NOW - 10, NOW, 10) == [10.0]
        # A backfill that repeats itself, long after memory forgot the windows.
        series.append([sample(NOW - 10), sample(NOW - 5), sample(NOW), *newer[:10]])
        series.append([sample(NOW - 10), sample(NOW - 5), *newer[:10]])
        assert await values(series, "requests_per_s", NOW - 60, NOW, 60) == [10.0]
        assert await values(series, "rss_bytes", NOW - 15, NOW + 300, 315) == [1000]
    assert harness.stored_windows() == 63


async def test_backfill_arrives_late_and_is_where_it_belongs(
    harness: SqliteHarness, clock: FakeClock
) -> None:
    async with harness.opened() as series:
        series.append([sample(NOW - 300), sample(NOW)])
        await values(series, "requests_per_s", NOW - 5, NOW, 5)
        await clock.advance(1)
        series.append([sample(NOW - 300 + 5 * n, 100) for n in range(1, 60)])
        found = await values(series, "requests_per_s", NOW - 305, NOW, 5)
        assert found == [10.0, *[20.0] * 59, 10.0]


async def test_raw_windows_become_minutes_that_are_kept_longer_and_then_vanish(
    harness: SqliteHarness, clock: FakeClock
) -> None:
    limits = SeriesLimits(
        raw_s=300, minutes_s=1800, flush_interval_s=0.01, fold_interval_s=1, retention_interval_s=1
    )
    start = NOW // 60 * 60
    async with harness.opened(limits) as series:
        for n in range(0, 3600, 5):
            await clock.advance(start + n + 5 - clock.now())
            series.append([sample(start + n + 5), sample(start + n + 5, 100, "chat-2")])
            if n % 20 == 0:
                await asyncio.sleep(0.011)
        end = start + 3600
        async with asyncio.timeout(HANG_S):
            # Five minutes, one more since a minute is answered as a whole, and a little for what is not looked for yet.
            while harness.forgets_by_itself and harness.stored_windows() > 2 * 7 * 12:
                await asyncio.sleep(0.02)
                await clock.advance(0.5)
        by_minute = await values(series, "requests_per_s", start, end, 60)
        assert by_minute[-29:] == [30.0] * 29
        if harness.forgets_by_itself:
            assert by_minute[:25] == [None] * 25, "older than what is kept"
        else:
            assert by_minute == [30.0] * 60, "an engine forgets when it is told to"
        assert (await values(series, "requests_per_s", end - 240, end, 5)) == [30.0] * 48
        (p95,) = await values(series, "whole_p95_ms", end - 1200, end - 600, 600)
        assert p95 == pytest.approx(1.0, rel=0.1)
        assert await values(series, "restarts", end - 1200, end - 600, 600) == [0]


async def test_appended_windows_are_durable_within_about_a_second(harness: SqliteHarness) -> None:
    async with harness.opened(SeriesLimits(flush_interval_s=0.05)) as series:
        series.append([sample(NOW)], [line("hello")])
        async with asyncio.timeout(HANG_S):
            while True:
                await asyncio.sleep(0.02)
                if (harness.stored_windows(), harness.stored_line_chunks()) == (1, 1):
                    break


async def test_nothing_is_forgotten_over_a_restart(
    harness: SqliteHarness, clock: FakeClock
) -> None:
    async with harness.opened() as series:
        series.append([sample(NOW - 40), sample(NOW - 10), sample(NOW - 5)], [line("before")])
    await clock.advance(5)
    async with harness.opened() as series:
        series.append([sample(NOW + 5)], [line("after")])
        assert await values(series, "requests_per_s", NOW - 10, NOW + 5, 5) == [10.0, None, 10.0]
        assert [one.text for one in await series.logs(LogQuery("chat"))] == ["before", "after"]


# --- the latest windows -----------------------------------------------------------------------------------


async def test_recent_answers_the_latest_windows_of_one_instance_oldest_first(
    series: Series,
) -> None:
    series.append([sample(NOW - 20), sample(NOW - 10), sample(NOW), sample(NOW - 5)])
    series.append([sample(NOW, 7, "chat-2"), sample(NOW, 7, service="summary")])
    assert [one.at for one in series.recent("chat", "chat-1", NOW - 10)] == [NOW - 5, NOW]
    assert [one.at for one in series.recent("chat", "chat-1", NOW - 60)] == [
        NOW - 20,
        NOW - 10,
        NOW - 5,
        NOW,
    ]
    assert [one.window.requests for one in series.recent("chat", "chat-2", 0)] == [7]
    assert list(series.recent("chat", "nobody", 0)) == []


async def test_recent_works_straight_after_a_restart(
    harness: SqliteHarness, clock: FakeClock
) -> None:
    async with harness.opened() as series:
        series.append([sample(NOW - 600), sample(NOW - 7, 3), sample(NOW - 2, 4)])
    await clock.advance(3)
    async with harness.opened() as series:
        assert [one.window.requests for one in series.recent("chat", "chat-1", NOW - 10)] == [3, 4]


async def test_memory_of_recent_windows_is_bounded(series: Series) -> None:
    series.append([sample(NOW + n / 100) for n in range(5000)])
    assert len(series.recent("chat", "chat-1", 0)) <= SeriesLimits().recent_max
    assert series.recent("chat", "chat-1", 0)[-1].at == NOW + 49.99


# --- log lines --------------------------------------------------------------------------------------------


async def test_logs_answer_the_newest_matching_lines_oldest_first(series: Series) -> None:
    series.append([], [line(f"Line {n}", NOW + n) for n in range(50)])
    series.append([], [line("other", service="summary")])
    found = await series.logs(LogQuery("chat", limit=3))
    assert found == [line(f"Line {n}", NOW + n) for n in (47, 48, 49)]
    assert [one.text for one in await series.logs(LogQuery("chat", text="LINE 1", limit=3))] == [
        "Line 17",
        "Line 18",
        "Line 19",
    ]
    assert [one.text for one in await series.logs(LogQuery("summary"))] == ["other"]
    assert list(await series.logs(LogQuery("nobody"))) == []


async def test_a_level_means_that_level_or_worse(series: Series) -> None:
    levels = ["debug", "info", "warning", "error", "critical", "strange"]
    series.append([], [line(level, level=level) for level in levels])
    assert [one.text for one in await series.logs(LogQuery("chat", level="error"))] == [
        "error",
        "critical",
    ]
    assert [one.text for one in await series.logs(LogQuery("chat", level="info"))] == levels[1:]
    assert len(await series.logs(LogQuery("chat"))) == 6
    with pytest.raises(ValueError, match="warning"):
        await series.logs(LogQuery("chat", level="loud"))


async def test_logs_are_bounded_for_each_service_by_lines_and_by_bytes(
    harness: SqliteHarness,
) -> None:
    limits = SeriesLimits(flush_interval_s=600, log_lines_max=1000, log_bytes_max=200_000)
    async with harness.opened(limits) as series:
        series.append([], [line("quiet", service="summary")])
        for n in range(40):
            series.append([], [line(f"{n}-{m}") for m in range(100)])
            await series.logs(LogQuery("chat", limit=1))
        kept = await series.logs(LogQuery("chat", limit=100_000))
        assert kept[-1].text == "39-99"
        assert len(kept) == 1000
        for n in range(40):
            series.append([], [line(f"{n}" + "x" * 4000) for _ in range(10)])
            await series.logs(LogQuery("chat", limit=1))
        kept = await series.logs(LogQuery("chat", limit=100_000))
        assert 20 <= len(kept) <= 60
        assert kept[-1].text.startswith("39x")
        assert [one.text for one in await series.logs(LogQuery("summary"))] == ["quiet"]
    stored = sqlite3.connect(harness.path)
    assert (
        stored.execute("SELECT sum(bytes) FROM logs WHERE service = 'chat'").fetchone()[0]
        <= 200_000
    )
    stored.close()


# --- when it cannot be written ------------------------------------------------------------------------------


async def test_what_there_is_no_room_for_is_dropped_and_counted(harness: SqliteHarness) -> None:
    limits = SeriesLimits(
        flush_interval_s=600, flush_windows=10**9, buffered_windows_max=10, buffered_logs_max=5
    )
    async with harness.opened(limits) as series:
        series.append([sample(NOW + n) for n in range(25)], [line(str(n)) for n in range(8)])
        assert series.dropped == 15 + 3
        assert [one.text for one in await series.logs(LogQuery("chat"))] == list("01234")
        await harness.write(series)
        series.append([sample(NOW + 100)])
        assert series.dropped == 18


async def test_locked_storage_loses_samples_counts_them_and_works_again(
    harness: SqliteHarness, caplog: pytest.LogCaptureFixture
) -> None:
    async with harness.opened(SeriesLimits(flush_interval_s=600, busy_timeout_s=0.01)) as series:
        other = sqlite3.connect(harness.path, isolation_level=None)
        other.execute("BEGIN IMMEDIATE")
        lost = [sample(NOW - 5)] if harness.has_windows_in_the_file else []
        series.append(lost, [line("lost")])
        await series.logs(LogQuery("chat"))
        assert series.dropped == 1 + len(lost)
        assert "locked" in caplog.text
        other.execute("ROLLBACK")
        other.close()
        series.append([sample(NOW)], [line("kept")])
        assert await values(series, "requests_per_s", NOW - 10, NOW, 5) == [None, 10.0]
        assert [one.text for one in await series.logs(LogQuery("chat"))] == ["kept"]
        assert series.dropped == 1 + len(lost)
        assert "can be used again" in caplog.text

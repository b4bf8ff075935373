"""The SQLite series on real files that are killed, filled and damaged: it loses pictures and never the platform."""

from __future__ import annotations

import asyncio
import os
import resource
import sqlite3
import subprocess
import sys
import time
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from pathlib import Path

import pytest

from tagent_contract.reports import Window
from tagent_platform.adapters.clock.system import SystemClock
from tagent_platform.adapters.series.flusher import SeriesLimits
from tagent_platform.adapters.series.sqlite import SqliteSeries
from tagent_platform.ports.series import LogQuery, LogSample, WindowSample
from tests.fakes.clock import FakeClock

pytestmark = pytest.mark.integration

CHILD = Path(__file__).with_name("appending_child.py")
NOW = 1_800_000_000.0
HANG_S = 60
SLOW = SeriesLimits(flush_interval_s=600)


@asynccontextmanager
async def opened(path: Path, limits: SeriesLimits = SLOW) -> AsyncIterator[SqliteSeries]:
    series = SqliteSeries(path, FakeClock(now=NOW), limits)
    try:
        yield series
    finally:
        await series.close()


def sample(at: float, instance: str = "chat-1") -> WindowSample:
    return WindowSample("chat", instance, at, Window(age_s=0.0, duration_s=5.0, requests=50))


def line(text: str) -> LogSample:
    return LogSample("chat", "chat-1", NOW, "stdout", "info", text)


async def rate(series: SqliteSeries) -> float | None:
    (((_, value),),) = await series.query("chat", ["requests_per_s"], NOW - 5, NOW, 5)
    return value


async def test_kill_9_loses_no_more_than_the_last_second(tmp_path: Path) -> None:
    path = tmp_path / "series.db"
    child = subprocess.Popen(
        [sys.executable, str(CHILD), str(path)], stdout=subprocess.PIPE, text=True
    )
    assert child.stdout is not None
    written = 0
    started = time.monotonic()
    for row in child.stdout:
        written = int(row)
        if written >= 150 or time.monotonic() - started > HANG_S:
            child.kill()
            break
    child.stdout.close()
    child.wait(HANG_S)
    clock = SystemClock()
    series = SqliteSeries(path, clock, SLOW)
    try:
        now = clock.now()
        (points,) = await series.query("chat", ["requests_per_s"], now - 600, now, 600)
        lines = [int(one.text) for one in await series.logs(LogQuery("chat", limit=10_000))]
        assert points[0][1] == pytest.approx(100)
        assert lines == list(range(1, len(lines) + 1))
        assert len(lines) > written - 110, "a second of it, at a hundred a second"
        assert len(series.recent("chat", "chat-1", now - 25)) > 0
    finally:
        await series.close()


def write_text(path: Path) -> None:
    path.write_text("this is a shopping list " * 1000)


def wipe_pages(path: Path) -> None:
    content = bytearray(path.read_bytes())
    content[100:] = os.urandom(len(content) - 100)
    path.write_bytes(content)


def write_other_layout(path: Path) -> None:
    connection = sqlite3.connect(path)
    connection.execute("PRAGMA user_version = 1")
    connection.close()


def spoil_chunks(path: Path) -> None:
    connection = sqlite3.connect(path)
    with connection:
        connection.execute("UPDATE raw SET body = x'c1c1c1'")
    connection.close()


@pytest.mark.parametrize("spoil", [write_text, wipe_pages, write_other_layout, spoil_chunks])
async def test_a_file_that_cannot_be_used_is_moved_aside_and_a_new_one_begun(
    tmp_path: Path, spoil: Callable[[Path], None], caplog: pytest.LogCaptureFixture
) -> None:
    path = tmp_path / "series.db"
    async with opened(path) as series:
        series.append([sample(NOW)], [line("old")])
    spoil(path)
    async with opened(path) as series:
        series.append([sample(NOW)], [line("new")])
        assert await rate(series) == 10.0
        assert [one.text for one in await series.logs(LogQuery("chat"))] == ["new"]
    assert (tmp_path / "series.db.aside").exists()
    assert f"{path} cannot be used" in caplog.text
    async with opened(path) as series:
        assert await rate(series) == 10.0


async def test_a_file_damaged_while_it_is_used_is_moved_aside_and_figures_go_on(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    path = tmp_path / "series.db"
    async with opened(path) as series:
        series.append([sample(NOW - 5)], [line("old")])
        await rate(series)
        other = sqlite3.connect(path)
        other.execute("PRAGMA wal_checkpoint(TRUNCATE)")
        other.execute("DROP TABLE raw")
        other.close()
        series.append([sample(NOW - 4)])
        await rate(series)
        wipe_pages(path)
        async with asyncio.timeout(HANG_S):
            while not (tmp_path / "series.db.aside").exists():
                series.append([sample(NOW - 3), sample(NOW - 2, "chat-2")])
                await rate(series)
        series.append([sample(NOW), sample(NOW, "chat-2")], [line("new")])
        assert await rate(series) == 20.0
        assert [one.text for one in await series.logs(LogQuery("chat"))][-1] == "new"
        assert series.dropped >= 1
    async with opened(path) as series:
        assert await rate(series) == 20.0


async def test_a_full_disk_loses_samples_counts_them_and_works_again(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    async with opened(tmp_path / "series.db") as series:
        soft, hard = resource.getrlimit(resource.RLIMIT_FSIZE)
        resource.setrlimit(resource.RLIMIT_FSIZE, (300_000, hard))
        try:
            for n in range(200):
                series.append([sample(NOW - 600 + n)], [line("x" * 4000)] * 5)
                await rate(series)
                if series.dropped:
                    break
        finally:
            resource.setrlimit(resource.RLIMIT_FSIZE, (soft, hard))
        dropped = series.dropped
        assert dropped > 0
        assert "cannot be used" in caplog.text
        series.append([sample(NOW)], [line("after")])
        assert await rate(series) == 10.0
        assert (await series.logs(LogQuery("chat", limit=1)))[0].text == "after"
        assert series.dropped == dropped


async def test_a_folder_that_is_not_there_costs_figures_and_not_the_platform(
    tmp_path: Path,
) -> None:
    folder = tmp_path / "missing"
    async with opened(folder / "series.db") as series:
        series.append([sample(NOW)], [line("lost")])
        assert await rate(series) is None
        assert list(await series.logs(LogQuery("chat"))) == []
        assert series.dropped == 2
        assert [one.at for one in series.recent("chat", "chat-1", NOW - 10)] == [NOW]
        folder.mkdir()
        series.append([sample(NOW + 1)], [line("kept")])
        assert [one.text for one in await series.logs(LogQuery("chat"))] == ["kept"]
    async with opened(folder / "series.db") as series:
        assert len(series.recent("chat", "chat-1", NOW - 10)) == 1


async def test_the_file_stays_within_its_bound(tmp_path: Path) -> None:
    path = tmp_path / "series.db"
    clock = FakeClock(now=NOW)
    limits = SeriesLimits(
        flush_interval_s=0.01,
        retention_interval_s=0.0,
        fold_interval_s=1e9,
        file_bytes_max=3_000_000,
        flush_windows=1000,
    )
    series = SqliteSeries(path, clock, limits)
    try:
        for n in range(100):
            series.append([sample(NOW + n + m / 2000, f"chat-{m % 100}") for m in range(2000)])
            await clock.advance(1)
            await series.logs(LogQuery("chat"))
            await asyncio.sleep(0.02)
        assert series.dropped == 0
    finally:
        await series.close()
    assert path.stat().st_size < 5_000_000


async def test_appending_from_the_loop_while_others_read_is_safe(tmp_path: Path) -> None:
    limits = SeriesLimits(flush_interval_s=0.001, fold_interval_s=0.0, retention_interval_s=0.0)
    clock = SystemClock()
    series = SqliteSeries(tmp_path / "series.db", clock, limits)
    now = clock.now()

    async def append() -> None:
        for n in range(200):
            series.append(
                [sample(now - 400 + n, f"chat-{m}") for m in range(n % 20)], [line(str(n))]
            )
            await asyncio.sleep(0)

    async def read() -> None:
        for _ in range(10):
            await series.query("chat", ["whole_p95_ms"], now - 900, now, 10)
            await series.logs(LogQuery("chat"))

    try:
        async with asyncio.timeout(HANG_S):
            await asyncio.gather(append(), read(), read(), append())
            assert [one.text for one in await series.logs(LogQuery("chat", limit=1))] == ["199"]
            (total,) = await series.query("chat", ["rss_bytes"], now - 900, now, 900)
            assert len(total) == 1
        assert series.dropped == 0
    finally:
        await series.close()

"""The series in a real Prometheus, and in engines that are away, slow, full, closed to us or not what they should be."""

from __future__ import annotations

import asyncio
import base64
import random
import time
import uuid
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from dataclasses import replace
from pathlib import Path

import pytest

from tagent_contract.reports import CheckFigures, ErrorClass, Histogram, Window
from tagent_platform.adapters.clock.system import SystemClock
from tagent_platform.adapters.series.prometheus import PrometheusSeries
from tagent_platform.adapters.series.prometheus_options import PrometheusOptions
from tagent_platform.adapters.series.prometheus_sender import SenderLimits
from tagent_platform.core.metrics import METRICS, Steps, metric_named, values_by_step
from tagent_platform.ports.series import WindowSample
from tests.fakes.clock import FakeClock
from tests.fakes.processes import free_ports
from tests.fakes.prometheus import MISSING, PrometheusProcess
from tests.fakes.prometheus import is_here as prometheus_is_here
from tests.fakes.scripted_server import Answer, Break, ScriptedServer, Silence
from tests.fakes.series import RecordingSeries

pytestmark = pytest.mark.integration

NOW = 1_800_000_000.0
HANG_S = 60
QUICK = SenderLimits(flush_interval_s=0.02, backoff_first_s=0.02, backoff_max_s=0.1)


@asynccontextmanager
async def opened(
    options: PrometheusOptions, limits: SenderLimits = QUICK, now: float = NOW
) -> AsyncIterator[PrometheusSeries]:
    # The sender's thread measures with a clock that runs; only what is written has the tests' time.
    clock = SystemClock()
    clock.now = lambda: now  # type: ignore[method-assign]
    series = PrometheusSeries(options, RecordingSeries(), clock, limits)
    await series.load()
    try:
        yield series
    finally:
        await series.close()


def of(server: str, **more: object) -> PrometheusOptions:
    return PrometheusOptions(write_url=f"{server}/api/v1/write", query_url=server, **more)  # type: ignore[arg-type]


def of_own_job(prometheus: PrometheusProcess) -> PrometheusOptions:
    return of(prometheus.url, labels=f"job=test-{uuid.uuid4()}")


def sample(at: float = NOW, instance: str = "chat-1", requests: int = 50) -> WindowSample:
    window = Window(age_s=0.0, duration_s=5.0, requests=requests)
    return WindowSample("chat", instance, at, window)


async def rate(series: PrometheusSeries, at: float = NOW) -> float | None:
    (((_, value),),) = await series.query("chat", ["requests_per_s"], at - 5, at, 5)
    return value


async def until(what: str, holds: Callable[[], object]) -> None:
    ends = time.monotonic() + HANG_S
    while not holds():
        assert time.monotonic() < ends, what
        await asyncio.sleep(0.005)


def sent(series: PrometheusSeries) -> bool:
    return not series._sender.waiting_of("chat")


# --- a real Prometheus ------------------------------------------------------------------------------------


def busy_window(random_: random.Random) -> Window:
    requests = random_.randrange(0, 400)
    middle = random_.randrange(60, 150)
    counts: dict[int, int] = {}
    for _ in range(requests):
        bucket = round(random_.gauss(middle, 6))
        counts[bucket] = counts.get(bucket, 0) + 1
    histogram = Histogram(counts=counts, sum_ms=requests * 1.5)
    return Window(
        age_s=0.0, duration_s=5.0, requests=requests, errors={ErrorClass.CUT: requests // 9, ErrorClass.STATUS_5XX: requests // 7},
        rejected=requests // 11, first_byte=histogram, whole=histogram, cut_streams=requests // 20, in_flight=requests // 50,
        connections=requests // 40, bytes_in=requests * 100, bytes_out=requests * 1000,
        inside=CheckFigures(passed=4, failed=random_.randrange(2), latency_ms=random_.randrange(1, 9)),
        outside=CheckFigures(passed=5, latency_ms=None if random_.random() < 0.3 else random_.randrange(1, 99)),
        cpu_ratio=random_.randrange(100) / 64, rss_bytes=random_.randrange(10**9), descriptors=random_.randrange(99), threads=4,
        restarts=random_.randrange(2), cpu_limit_ratio=2.0, memory_limit_bytes=2**30, sidecar_rss_bytes=30_000_000, sidecar_cpu_ratio=0.25,
        windows_dropped=random_.randrange(2), log_lines_dropped=random_.randrange(2),
    )  # fmt: skip


async def test_every_metric_is_answered_as_from_the_windows_themselves(
    prometheus: PrometheusProcess,
) -> None:
    random_ = random.Random(7)
    start = NOW - 2400
    windows = {
        f"chat-{n}": [
            (start + 5 * k, busy_window(random_)) for k in range(1, 481) if random_.random() < 0.9
        ]
        for n in range(2)
    }
    options = of_own_job(prometheus)
    async with opened(options) as series:
        for instance, known in windows.items():
            series.append([WindowSample("chat", instance, at, window) for at, window in known])
        await until("all of it is sent", lambda: sent(series))
        assert series.dropped == 0
    metrics = [metric_named(name) for name in METRICS]
    # Another process, which knows nothing: what it answers is the engine's.
    async with opened(options, now=NOW + 600) as series:
        for range_s, step_s in ((2400, 60), (2400, 300), (3600, 1800), (600, 5)):
            steps = Steps(NOW - range_s, NOW, step_s)
            answered = await series.query("chat", list(METRICS), steps.start, NOW, step_s)
            truth = values_by_step(metrics, list(windows.values()), steps)
            for name, points, wanted in zip(METRICS, answered, truth, strict=True):
                assert [at for at, _ in points] == [at for at, _ in wanted]
                for (at, value), (_, known) in zip(points, wanted, strict=True):
                    assert value == (known and pytest.approx(known, rel=1e-9)), (
                        name,
                        range_s,
                        step_s,
                        at,
                    )


async def test_a_day_in_steps_that_fit_nothing_adds_up(prometheus: PrometheusProcess) -> None:
    options = of_own_job(prometheus)
    start, step_s = NOW - 7200.333, 61.7
    async with opened(options) as series:
        series.append([sample(start + 2 + 5 * k, requests=k % 10) for k in range(1, 1440)])
        series.append([WindowSample("chat", "chat-2", NOW - 4000, Window(age_s=0.0, duration_s=5.0, restarts=7))])  # fmt: skip
        await until("all of it is sent", lambda: sent(series))
    async with opened(options, now=NOW + 600) as series:
        ((*restarts,), (*rates,)) = await series.query(
            "chat", ["restarts", "requests_per_s"], start, NOW, step_s
        )
    assert sum(value for _, value in restarts if value) == 7
    (at,) = [at for at, value in restarts if value]
    assert at - step_s < NOW - 4000 <= at + step_s / 20
    known = [value for _, value in rates if value is not None]
    assert len(known) >= 113
    assert all(value == pytest.approx(0.9, abs=0.35) for value in known)


async def test_ordinary_promql_works_on_what_is_written(prometheus: PrometheusProcess) -> None:
    options = of_own_job(prometheus)
    job = options.labels.removeprefix("job=")
    histogram = Histogram(counts={140: 95, 180: 5}, sum_ms=95 * 185.0 + 5 * 5000.0)
    window = Window(age_s=0.0, duration_s=5.0, requests=100, first_byte=histogram, whole=histogram)
    async with opened(options) as series:
        for instance in ("chat-1", "chat-2"):
            series.append(
                [WindowSample("chat", instance, NOW - 5 * n, window) for n in range(59, -1, -1)]
            )
        await until("all of it is sent", lambda: sent(series))
    over = f'{{job="{job}",service="chat"}}[5m]'
    rate = prometheus.number(f"sum(sum_over_time(tagent_window_requests{over})) / 300", NOW)
    assert rate == 40
    p90 = prometheus.number(
        f"histogram_quantile(0.9, sum by (le) (sum_over_time(tagent_window_request_duration_seconds_bucket{over})))",
        NOW,
    )
    assert p90 == pytest.approx(0.185, abs=0.07), "as exact as the classic buckets are wide"
    mean = prometheus.number(
        f"sum(sum_over_time(tagent_window_first_byte_seconds_sum{over})) / sum(sum_over_time(tagent_window_first_byte_seconds_count{over}))",
        NOW,
    )
    assert mean == pytest.approx(0.42575)


async def test_what_is_too_old_for_the_engine_is_lost_alone(
    prometheus: PrometheusProcess, caplog: pytest.LogCaptureFixture
) -> None:
    """Debian's Prometheus answers 500 to it, newer ones 400, and both refuse the whole request."""
    options = of_own_job(prometheus)
    async with opened(options) as series:
        series.append([sample(NOW)])
        await until("it is there", lambda: sent(series))
        series.append(
            [sample(NOW + n, f"chat-{n}") for n in range(1, 60)]
            + [sample(NOW - 90 * 86_400)]
            + [sample(NOW + n, f"chat-{n}") for n in range(60, 90)]
        )
        await until("all of it is decided", lambda: sent(series))
        await until("the one is counted", lambda: series.dropped)
        assert series.dropped == 1
        assert len(caplog.messages) == 1
        assert "refuses some figures" in caplog.text
    count = f"count(last_over_time(tagent_window_requests{{{options.labels.replace('=', '=' + chr(34))}{chr(34)}}}[5m]))"
    assert prometheus.number(count, NOW + 100) == 89


async def test_an_engine_that_comes_late_gets_all_that_waited(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    if not prometheus_is_here:
        pytest.skip(MISSING)
    late = PrometheusProcess(tmp_path)
    async with opened(of(late.url, waiting_windows_max=1000)) as series:
        series.append([sample(NOW - 400 + 5 * n) for n in range(80)])
        await until("it was tried", lambda: series._sender._failures > 2)
        assert await rate(series, NOW - 300) == 10.0, "from memory"
        assert [one.at for one in series.recent("chat", "chat-1", NOW - 20)] == [NOW - 15, NOW - 10, NOW - 5]  # fmt: skip
        assert len(caplog.messages) == 2, "each trouble is said once, whoever meets it"
        late.start()
        try:
            await until("all of it is sent", lambda: sent(series))
            assert late.number("count_over_time(tagent_window_requests[10m])", NOW) == 80
            assert series.dropped == 0
            await until("it is said", lambda: "takes figures again" in caplog.text)
            late.kill()
            series.append([sample(NOW + 5)])
            await until("it is said again", lambda: caplog.text.count("does not take figures") == 2)
        finally:
            late.kill()


# --- engines that are not as they should be ------------------------------------------------------------------


async def test_what_waits_is_bounded_and_the_oldest_go_first(
    caplog: pytest.LogCaptureFixture,
) -> None:
    nobody = f"http://127.0.0.1:{free_ports(1)[0]}"
    limits = SenderLimits(
        waiting_windows_max=50, flush_interval_s=0.01, backoff_first_s=0.01, backoff_max_s=0.02
    )
    async with opened(of(nobody), limits) as series:
        for n in range(500):
            series.append([sample(NOW + n)])
            await asyncio.sleep(0)
        await until("it was tried often", lambda: series._sender._failures > 10)
        assert 450 <= series.dropped <= 460, "a batch on its way may be older than what waits"
        (points,) = await series.query("chat", ["requests_per_s"], NOW, NOW + 500, 1)
        assert points[-2][1] == 10.0
        said = [text for text in caplog.messages if "does not take figures" in text]
        assert len(said) == 1
        assert nobody in said[0]
        assert "cannot be reached" in said[0]
    assert series.dropped == 500, "what was never sent is lost with the process, and counted"


async def test_an_engine_that_is_too_busy_is_left_alone_for_as_long_as_it_says() -> None:
    busy = Answer("slow down", 429, {"retry-after": "1"})
    with ScriptedServer(Answer({}), busy, Answer(status=204)) as engine:
        limits = SenderLimits(flush_interval_s=0.01, backoff_first_s=0.01)
        async with opened(of(engine.url), limits) as series:
            began = time.monotonic()
            series.append([sample()])
            await until("it is taken", lambda: sent(series))
            assert time.monotonic() - began >= 0.9
            assert len(engine.asked) == 3, "the start's question, and two tries"
            assert series.dropped == 0


@pytest.mark.parametrize("step", [Answer("?", 503), Answer("?", 401), Answer("?", 302), Break()])
async def test_what_an_engine_does_not_take_now_is_sent_again(
    step: Answer | Break, caplog: pytest.LogCaptureFixture
) -> None:
    with ScriptedServer(Answer({}), step, step, step, Answer()) as engine:
        async with opened(of(engine.url)) as series:
            series.append([sample()])
            await until("it is taken", lambda: sent(series))
            assert series.dropped == 0
            bodies = {asked.body for asked in engine.asked[1:]}
            assert (len(engine.asked), len(bodies)) == (5, 1)
            await until("it is said", lambda: "takes figures again" in caplog.text)
            assert caplog.text.count("does not take figures") == 1


async def test_an_engine_that_refuses_everything_costs_samples_and_few_requests(
    caplog: pytest.LogCaptureFixture,
) -> None:
    with ScriptedServer(Answer(b"invalid labels", 400)) as engine:
        async with opened(of(engine.url)) as series:
            for n in range(20):
                series.append([sample(NOW + n)])
            await until("all of it is decided", lambda: sent(series))
            await until("it is counted", lambda: series.dropped == 20)
            assert len(engine.asked) < 60
            assert sum("refuses some figures" in text for text in caplog.messages) == 1
            assert "invalid labels" in caplog.text


@pytest.mark.parametrize(
    ("more", "header"),
    [
        ({"bearer_token": "secret-token"}, "Bearer secret-token"),
        ({"bearer_token_file": "FILE"}, "Bearer from-file"),
        (
            {"user": "12345", "password_file": "FILE"},
            "Basic " + base64.b64encode(b"12345:from-file").decode(),
        ),
        ({}, None),
    ],
)
async def test_it_comes_in_as_the_engine_wants(
    tmp_path: Path, more: dict[str, str], header: str | None
) -> None:
    (tmp_path / "secret").write_text("from-file\n")
    more = {key: text.replace("FILE", str(tmp_path / "secret")) for key, text in more.items()}
    with ScriptedServer(Answer({})) as engine:
        async with opened(of(engine.url, tenant="team-a", **more)) as series:
            series.append([sample()])
            await until("it is taken", lambda: sent(series))
            await rate(series)
        assert {asked.path for asked in engine.asked} == {"/api/v1/query", "/api/v1/write"}
        for asked in engine.asked:
            assert asked.headers.get("authorization") == header
            assert asked.headers["x-scope-orgid"] == "team-a"
        written = next(asked for asked in engine.asked if asked.path == "/api/v1/write")
        assert written.headers["content-encoding"] == "snappy"
        assert written.headers["content-type"] == "application/x-protobuf"
        assert written.headers["x-prometheus-remote-write-version"] == "0.1.0"


async def test_a_secret_that_is_rotated_in_its_file_needs_no_restart(tmp_path: Path) -> None:
    path = tmp_path / "token"
    path.write_text("old")
    with ScriptedServer(Answer({}), Answer("expired", 401), Answer()) as engine:
        limits = SenderLimits(flush_interval_s=0.01, backoff_first_s=0.2)
        async with opened(of(engine.url, bearer_token_file=str(path)), limits) as series:
            series.append([sample()])
            await until("it is refused", lambda: len(engine.asked) == 2)
            path.write_text("new")
            await until("it is taken", lambda: sent(series))
            assert engine.asked[-1].headers["authorization"] == "Bearer new"
            path.unlink()
            series.append([sample(NOW + 5)])
            await until("it is tried without", lambda: series._sender._failures > 1)
            path.write_text("back")
            await until("it is taken", lambda: sent(series))
            assert engine.asked[-1].headers["authorization"] == "Bearer back"


@pytest.mark.parametrize(
    "step",
    [
        Answer(b"<html>a login page</html>"),
        Answer({"status": "error", "error": "no such thing"}, 422),
        Answer(b"", 500),
        Answer(b"", 307, {"location": "http://127.0.0.1:1/"}),
        Answer(b"\xff" * 100_000, 404),
        Break(),
    ],
)
async def test_rubbish_for_an_answer_costs_the_picture_and_is_said_once(
    step: Answer | Break, caplog: pytest.LogCaptureFixture
) -> None:
    with ScriptedServer(step) as engine:
        limits = SenderLimits(flush_interval_s=600)
        async with opened(of(engine.url), limits) as series:
            series.append([sample()])
            assert await rate(series) == 10.0, "from memory"
            assert await rate(series, NOW - 600) is None
            assert series.recent("chat", "chat-1", 0)
            (said,) = caplog.messages
            assert "cannot be asked" in said
            assert "\n" not in said
            assert len(said) < 600


async def test_an_engine_that_says_nothing_is_not_waited_for_twice() -> None:
    with ScriptedServer(Silence(30.0)) as engine:
        options = of(engine.url, query_timeout_s=1.1, write_timeout_s=0.1)
        async with opened(options, SenderLimits(flush_interval_s=600)) as series:
            asked = len(engine.asked)
            assert asked == 1, "the start asks for the latest, and goes on without"
            series.append([sample()])
            for _ in range(5):
                assert await rate(series) == 10.0
            assert len(engine.asked) == asked


async def test_an_engine_that_hangs_holds_up_few_threads_and_nobody_elses() -> None:
    with ScriptedServer(Answer(b"{}"), Silence(30.0)) as engine:
        options = of(engine.url, query_timeout_s=1.1, write_timeout_s=0.1)
        async with opened(options, SenderLimits(flush_interval_s=600)) as series:
            asking = asyncio.gather(*(rate(series) for _ in range(40)))
            await until("it hangs", lambda: len(engine.asked) > 1)
            await asyncio.gather(*(asyncio.to_thread(time.monotonic) for _ in range(40)))
            assert not asking.done()
            assert await asking == [None] * 40
            assert len(engine.asked) <= 1 + 4


async def test_appending_never_waits_for_an_engine_that_hangs() -> None:
    with ScriptedServer(Silence(30.0)) as engine:
        options = of(engine.url, query_timeout_s=0.05, write_timeout_s=20.0)
        limits = SenderLimits(flush_interval_s=0.001, stop_within_s=0.2)
        async with opened(options, limits) as series:
            began = time.process_time()
            for n in range(1000):
                series.append([sample(NOW + n)])
            assert time.process_time() - began < HANG_S
            await until("it hangs", lambda: len(engine.asked) == 2)
            stopping = time.monotonic()
        assert time.monotonic() - stopping < 10, "the end does not wait for it either"
        assert series.dropped == 1000


async def test_an_instance_too_many_is_lost_and_counted(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("tagent_platform.adapters.series.prometheus.INSTANCES_MAX", 3)
    clock = FakeClock(now=NOW)
    nobody = of(f"http://127.0.0.1:{free_ports(1)[0]}")
    series = PrometheusSeries(
        nobody, RecordingSeries(), clock, SenderLimits(flush_interval_s=600, stop_within_s=0.1)
    )
    series.append([sample(NOW, f"chat-{n}") for n in range(5)])
    assert series.dropped == 2
    await clock.advance(700)
    series.append([sample(NOW + 700, "chat-0")])
    series.append([sample(NOW + 700, "chat-9")])
    assert series.dropped == 2, "who has not been heard of for long makes room"
    await series.close()


async def test_rolled_up_windows_are_few_and_say_the_same_of_a_minute(
    prometheus: PrometheusProcess,
) -> None:
    options = replace(of_own_job(prometheus), roll_up_s=60.0)
    start = NOW - 600
    limits = SenderLimits(flush_interval_s=0.02, roll_up_s=60.0)
    async with opened(options, limits, now=NOW - 200) as series:
        series.append([sample(start + 5 * n, requests=n) for n in range(1, 121)])
        await until("what is over is sent", lambda: len(series._sender.waiting_of("chat")) == 4)
        (points,) = await series.query("chat", ["requests_per_s"], start, NOW, 60)
        wanted = [sum(range(12 * k + 1, 12 * k + 13)) / 60 for k in range(10)]
        assert [value for _, value in points] == pytest.approx(wanted)
    # The end sends the rest.
    async with opened(options, limits, now=NOW + 600) as series:
        (points,) = await series.query("chat", ["requests_per_s"], start, NOW, 60)
        assert [value for _, value in points] == pytest.approx(wanted)
    job = options.labels.removeprefix("job=")
    query = f'count_over_time(tagent_window_requests{{job="{job}"}}[1h])'
    assert prometheus.number(query, NOW) == 10

"""A platform whose figures are in a real Prometheus, and go on without it when it dies."""

from __future__ import annotations

import json
from pathlib import Path

import httpx
import pytest

from tests.e2e.processes import eventually, holds
from tests.e2e.stack import stack
from tests.fakes.prometheus import MISSING, PrometheusProcess, is_here


@pytest.mark.skipif(not is_here, reason=MISSING)
def test_figures_come_back_from_prometheus_and_the_platform_outlives_it(tmp_path: Path) -> None:
    prometheus = PrometheusProcess(tmp_path / "prometheus")
    prometheus.start()
    engine = {
        "TAGENT_SERIES": "prometheus",
        "TAGENT_PROMETHEUS_WRITE_URL": prometheus.write_url,
        "TAGENT_PROMETHEUS_QUERY_URL": prometheus.url,
    }
    try:
        with stack(tmp_path, **engine) as running:
            sidecar = running.start_sidecar("chat")
            for _ in range(20):
                sidecar.get()

            def requests_seen() -> float:
                """The figures of the platform's route, as a number of requests."""
                answer = httpx.get(
                    f"{running.url}/api/v1/services/chat/series",
                    params={"metric": "requests_per_s", "window_s": 60, "step_s": 60},
                    headers={"authorization": f"Bearer {running.token('viewer')}"},
                    timeout=20,
                    verify=False,
                )
                assert answer.status_code == 200, answer.text
                (point,) = answer.json()["points"]
                return float(point["value"] or 0)

            def requests_kept() -> float:
                now = eventually("a clock", lambda: httpx.get(f"{prometheus.url}/api/v1/query", verify=False, params={"query": "time()"}).json()["data"]["result"][0])  # fmt: skip
                return (
                    prometheus.number(
                        'sum(sum_over_time(tagent_window_requests{service="chat"}[5m]))', now
                    )
                    or 0
                )

            eventually("the requests to be in Prometheus", lambda: requests_kept() == 20)
            assert requests_seen() > 0

            # Another process knows nothing by itself: what it answers came from the engine.
            running.kill_platform()
            sidecar.process.kill()
            running.start_platform()
            assert requests_seen() > 0

            prometheus.kill()
            sidecar = running.start_sidecar("summary")
            for _ in range(5):
                sidecar.get()

            def complaints() -> list[str]:
                assert running.platform is not None
                lines = [json.loads(line) for line in running.platform.said().splitlines()]
                return [line["message"] for line in lines if "not take figures" in line["message"]]

            eventually("it to be said", complaints)
            holds("the platform goes on", lambda: requests_seen() >= 0, 2.0)
            (said,) = complaints()
            assert prometheus.write_url in said
            assert running.health("summary") == "HEALTHY"
    finally:
        prometheus.kill()

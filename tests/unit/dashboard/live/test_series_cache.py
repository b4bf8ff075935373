"""Series are asked for once, however many look."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, cast

from tagent_client.client import Client
from tagent_client.errors import UnreachableError
from tagent_contract.services import SeriesView
from tagent_dashboard.live.answer_cache import AnswerCache
from tagent_dashboard.live.series_cache import Series, SeriesCache


class Platform:
    """Remembers which series it was asked for."""

    def __init__(self) -> None:
        self.asked: list[tuple[str, tuple[str, ...], float, float]] = []
        self.now = 100.0
        self.is_down = False
        answers = AnswerCache(
            lambda: cast("Client", self), now=lambda: self.now, wait_s=(30.0, 30.0)
        )
        self.cache = SeriesCache(answers)

    def figures(
        self, name: str, metrics: Sequence[str], *, window_s: float, step_s: float
    ) -> tuple[SeriesView, ...]:
        if self.is_down:
            raise UnreachableError("nobody answers")
        self.asked.append((name, tuple(metrics), window_s, step_s))
        return tuple(
            SeriesView(service=name, metric=metric, step_s=step_s, points=()) for metric in metrics
        )

    def look(self, **changes: Any) -> Series:
        asked: dict[str, Any] = {"window_s": 900.0, "step_s": 5.0, "younger_than_s": 2.0, **changes}
        return self.cache.get("chat", ("cpu_ratio", "rss_bytes"), **asked)


def test_two_who_look_at_the_same_ask_once() -> None:
    platform = Platform()
    assert set(platform.look().by_metric) == {"cpu_ratio", "rss_bytes"}
    platform.look()
    assert platform.asked == [("chat", ("cpu_ratio", "rss_bytes"), 900.0, 5.0)]


def test_another_range_is_another_question() -> None:
    platform = Platform()
    platform.look()
    platform.look(window_s=3600.0, step_s=30.0)
    assert len(platform.asked) == 2


def test_what_was_known_stays_with_why_nothing_newer_is() -> None:
    platform = Platform()
    platform.look()
    platform.now, platform.is_down = 110.0, True
    series = platform.look()
    assert (len(series.by_metric), series.taken_at, series.problem) == (2, 100.0, "nobody answers")

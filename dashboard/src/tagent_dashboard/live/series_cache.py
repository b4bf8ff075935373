"""Series that somebody looks at, asked for once however many look."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from tagent_client.client import Client
from tagent_contract.services import SeriesView
from tagent_dashboard.live.answer_cache import AnswerCache


@dataclass(frozen=True)
class Series:
    """Some metrics of one service over one range. `problem` says why the newest are missing."""

    by_metric: Mapping[str, SeriesView] = field(default_factory=dict)
    taken_at: float = float("-inf")
    problem: str = ""


class SeriesCache:
    """Keeps the latest answer of each (service, range); many threads may ask."""

    def __init__(self, answers: AnswerCache) -> None:
        self._answers = answers

    def get(
        self,
        service: str,
        metrics: Sequence[str],
        *,
        window_s: float,
        step_s: float,
        younger_than_s: float,
    ) -> Series:
        """Return the metrics, asked for anew when what is known is older. Never raises."""

        def ask(client: Client) -> dict[str, SeriesView]:
            found = client.figures(service, metrics, window_s=window_s, step_s=step_s)
            return {view.metric: view for view in found}

        key = ("series", service, tuple(metrics), window_s, step_s)
        answer = self._answers.get(key, ask, younger_than_s=younger_than_s)
        return Series(answer.value or {}, answer.taken_at, answer.problem)

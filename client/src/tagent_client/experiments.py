"""Experiments over the API: their runs, results and scores."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from urllib.parse import quote

from tagent_client.answers import Page
from tagent_client.calls import API, Calls
from tagent_contract.experiments import (
    Catalog,
    ClaimRequest,
    ExperimentView,
    RunHeartbeat,
    RunRequest,
    RunResult,
    RunView,
    ScoreView,
)

_EXPERIMENTS = f"{API}/experiments"
_RUNS = f"{_EXPERIMENTS}/runs"


class Experiments:
    """A client's view of experiments. Every method raises ApiError or UnreachableError."""

    def __init__(self, calls: Calls) -> None:
        self._calls = calls

    def all(self) -> tuple[ExperimentView, ...]:
        """Return the experiments that can be run, by name, each with its latest runs."""
        return tuple(self._calls.pages(_EXPERIMENTS, ExperimentView))

    def publish(self, catalog: Catalog) -> None:
        """Say which experiments can be run."""
        self._calls.raw("PUT", _EXPERIMENTS, body=catalog)

    def withdraw(self, name: str) -> None:
        """Let an experiment count no more."""
        self._calls.raw("DELETE", f"{_EXPERIMENTS}/{quote(name, safe='')}")

    def scores(self, service: str | None = None) -> tuple[ScoreView, ...]:
        """Return how resilient services have proven to be: all together under an empty name, then each; or one alone."""
        return self._calls.get(
            f"{_EXPERIMENTS}/scores", Page[ScoreView], {"service": service}
        ).items

    def runs(
        self, *, experiment: str | None = None, service: str | None = None, unended: bool = False
    ) -> Iterator[RunView]:
        """Yield runs, the newest first, without their promises and timelines."""
        query = {
            "experiment": experiment,
            "service": service,
            "open": "true" if unended else None,
        }
        yield from self._calls.pages(_RUNS, RunView, query)

    def run(self, run_id: str) -> RunView:
        """Return one run whole."""
        return self._calls.get(_run(run_id), RunView)

    def start(self, request: RunRequest) -> RunView:
        """Begin a run, which reserves its services and is over when its heartbeat is; or leave it to a runner."""
        return self._calls.send("POST", _RUNS, request, RunView)

    def claim(self, runner: str, experiments: Sequence[str] = ()) -> RunView | None:
        """Take the run of these experiments that waits the longest; None while none can begin."""
        request = ClaimRequest(runner=runner, experiments=tuple(experiments))
        body = self._calls.raw("POST", f"{_RUNS}/claim", body=request)
        return self._calls.decode(body, RunView) if body else None

    def beat(self, run_id: str, progress: str = "") -> RunView:
        """Say that a run goes on; `stop_asked_by` in the answer asks to stop it."""
        beat = RunHeartbeat(progress=progress)
        return self._calls.send("POST", f"{_run(run_id)}/heartbeat", beat, RunView)

    def finish(self, run_id: str, result: RunResult) -> RunView:
        """End a run with its result."""
        return self._calls.send("POST", f"{_run(run_id)}/result", result, RunView)

    def stop(self, run_id: str, reason: str = "") -> RunView:
        """Ask for a run to be stopped."""
        body = self._calls.raw("DELETE", _run(run_id), query={"reason": reason or None})
        return self._calls.decode(body, RunView)


def _run(run_id: str) -> str:
    return f"{_RUNS}/{quote(run_id, safe='')}"

"""Experiments, their runs and scores. Asked for only while somebody looks, and anew once the event log tells of a run."""

from __future__ import annotations

from collections.abc import Callable, Hashable
from dataclasses import dataclass
from typing import Generic, TypeVar

from tagent_client.client import Client
from tagent_client.errors import ApiError
from tagent_contract.experiments import ExperimentView, RunState, RunView, ScoreView
from tagent_dashboard.live.answer_cache import Answer
from tagent_dashboard.live.board import Board
from tagent_dashboard.live.records import MISSING, NOT_FOUND, Missing

T = TypeVar("T")
PROGRESS_KEEPS_S = 1.0
"""What a run is doing is in no event."""
KEEPS_S = 10.0
"""What the event log tells the end of; without that, as when the log is not followed, no older than this."""
SCORES_KEEP_S = 30.0
OVER_KEEPS_S = 60.0
"""Nothing is added to a run that has ended."""
_OPEN, _EXPERIMENTS, _SCORES = "open runs", "experiments", "scores"


@dataclass(frozen=True)
class _Told(Generic[T]):
    """An answer, and the latest event about a run when it was asked for."""

    value: T
    event: str


def open_runs(board: Board, *, younger_than_s: float = PROGRESS_KEEPS_S) -> tuple[RunView, ...]:
    """Return the runs that wait or go on, the newest first; none while that is not known."""
    known = _latest(board, _OPEN, _ask_open, younger_than_s)
    return known.value or ()


def experiments(board: Board) -> Answer[tuple[ExperimentView, ...]]:
    """Return the catalog by name, each experiment with its latest runs."""
    return _latest(board, _EXPERIMENTS, _ask_experiments, KEEPS_S)


def scores(board: Board) -> Answer[tuple[ScoreView, ...]]:
    """Return all services' score together, then each one's."""
    return _latest(board, _SCORES, _ask_scores, SCORES_KEEP_S)


def score(board: Board, service: str) -> ScoreView | None:
    """Return one service's score; None while it is not known."""

    def ask(client: Client) -> tuple[ScoreView, ...]:
        return client.experiments.scores(service)

    found = _latest(board, ("score", service), ask, SCORES_KEEP_S).value
    return found[0] if found else None


def run(board: Board, run_id: str) -> Answer[RunView | Missing]:
    """Return one run whole."""

    def ask(client: Client) -> RunView | Missing:
        try:
            return client.experiments.run(run_id)
        except ApiError as error:
            if error.status == NOT_FOUND:
                return MISSING
            raise

    key = ("run", run_id)
    known = _latest(board, key, ask, OVER_KEEPS_S)
    if isinstance(known.value, RunView) and known.value.state is not RunState.ENDED:
        return _latest(board, key, ask, PROGRESS_KEEPS_S)
    return known


def forget_runs(board: Board) -> None:
    """Ask anew the next time: a person has just asked for a run, or for its end."""
    board.answers.forget(_OPEN)


def forget_run(board: Board, run_id: str) -> None:
    """Ask anew for one run too: a person has just asked for its end."""
    board.answers.forget(("run", run_id))
    forget_runs(board)


def _latest(
    board: Board, key: Hashable, ask: Callable[[Client], T], younger_than_s: float
) -> Answer[T]:
    """Return an answer that no event about a run has made old."""
    event = _latest_event(board)

    def ask_now(client: Client) -> _Told[T]:
        return _Told(ask(client), event)

    known = board.answers.get(key, ask_now, younger_than_s=younger_than_s)
    if known.value is not None and known.value.event != event:
        known = board.answers.get(key, ask_now, younger_than_s=PROGRESS_KEEPS_S)
    value = None if known.value is None else known.value.value
    return Answer(value, known.taken_at, known.problem)


def _latest_event(board: Board) -> str:
    """Return the cursor of the latest event about a run, empty where none is held."""
    return next(
        (event.cursor for event in board.events.events if event.type.startswith("run.")), ""
    )


def _ask_open(client: Client) -> tuple[RunView, ...]:
    return tuple(client.experiments.runs(unended=True))


def _ask_experiments(client: Client) -> tuple[ExperimentView, ...]:
    return client.experiments.all()


def _ask_scores(client: Client) -> tuple[ScoreView, ...]:
    return client.experiments.scores()

"""What experiments a page shows: asked for once, and anew when the event log tells of a run."""

from __future__ import annotations

from types import SimpleNamespace
from typing import Any, cast

from tagent_client.errors import ApiError
from tagent_contract.events import Event
from tagent_contract.experiments import RunState, RunView, ScoreView
from tagent_contract.problems import Problem
from tagent_dashboard.live import runs
from tagent_dashboard.live.answer_cache import AnswerCache
from tagent_dashboard.live.board import Board
from tagent_dashboard.live.records import Missing
from tests.fakes.shown import NOW, ago, run


class Platform:
    """A client that knows one run, and counts what it is asked."""

    def __init__(self) -> None:
        self.now = NOW
        self.asked: list[str] = []
        self.known = {"r1": run()}
        self.events = SimpleNamespace(events=())
        answers = AnswerCache(
            lambda: cast("Any", SimpleNamespace(experiments=self)),
            now=lambda: self.now,
            wait_s=(30, 30),
        )
        self.board = cast("Board", SimpleNamespace(answers=answers, events=self.events))

    def tell(self, kind: str, number: int) -> None:
        event = Event(
            cursor=f"c{number}", sequence=number, service="", at=ago(0), type=kind, text=""
        )
        self.events.events = (event, *self.events.events)

    def runs(self, *, unended: bool) -> list[RunView]:
        assert unended
        self.asked.append("open")
        return [each for each in self.known.values() if each.state is not RunState.ENDED]

    def run(self, run_id: str) -> RunView:
        self.asked.append(run_id)
        if run_id not in self.known:
            raise ApiError(Problem(type="not-found", title="not found", status=404))
        return self.known[run_id]

    def scores(self, service: str | None = None) -> tuple[ScoreView, ...]:
        self.asked.append(f"score {service}")
        return (ScoreView(service=service or "", score=None),)


def test_an_answer_is_kept_until_an_event_tells_of_a_run() -> None:
    platform = Platform()
    for kind in ("", "fault.armed", "run.started", "run.started"):
        platform.now += 2
        if kind:
            platform.tell(kind, len(platform.events.events))
        runs.scores(platform.board)
    assert len(platform.asked) == 3


def test_many_events_about_runs_do_not_make_a_page_ask_more_than_once_a_second() -> None:
    platform = Platform()
    for number in range(5):
        platform.tell("run.started", number)
        runs.scores(platform.board)
    assert len(platform.asked) == 1


def test_what_a_run_does_is_asked_for_each_second_and_what_has_ended_is_kept() -> None:
    platform = Platform()
    platform.known["r2"] = run(id="r2", state=RunState.RUNNING)
    for _ in range(3):
        platform.now += 1
        assert runs.run(platform.board, "r1").value == platform.known["r1"]
        assert runs.run(platform.board, "r2").value == platform.known["r2"]
    assert (platform.asked.count("r1"), platform.asked.count("r2")) == (1, 3)


def test_a_run_that_is_not_there_is_told_from_one_that_is_not_known_yet() -> None:
    assert isinstance(runs.run(Platform().board, "nope").value, Missing)


def test_what_a_person_did_is_looked_at_at_once() -> None:
    platform = Platform()
    assert runs.open_runs(platform.board) == ()
    platform.known["r2"] = run(id="r2", state=RunState.WAITING)
    runs.forget_runs(platform.board)
    assert [each.id for each in runs.open_runs(platform.board)] == ["r2"]


def test_one_service_s_score_is_asked_for_alone() -> None:
    platform = Platform()
    found = runs.score(platform.board, "chat-service")
    assert found is not None
    assert platform.asked == ["score chat-service"]

from __future__ import annotations

from typing import Any

import pytest

from tagent_contract.experiments import (
    HealerFigures,
    Percentiles,
    ScorePart,
    ScorePoint,
    ScoreView,
)
from tagent_dashboard.views.scores import (
    healer_cells,
    history_panel,
    part_rows,
    score_advice,
    score_of,
    score_text,
    services_by_score,
    times_text,
)
from tests.fakes.shown import ago

HISTORY = (ScorePoint(at=ago(600), score=20.0), ScorePoint(at=ago(60), score=62.4))


def score(service: str = "chat-service", **changes: Any) -> ScoreView:
    return ScoreView(**{"service": service, "score": 62.4, "history": HISTORY, **changes})


def test_a_score_is_said_with_what_it_is_of() -> None:
    assert (score_text(score()), score_advice(score())) == ("62.4 of 100", "")
    assert score_text(score(score=0.0)) == "0 of 100"


@pytest.mark.parametrize(
    ("shown", "text"),
    [
        (None, "not known"),
        (score(score=None), "not known"),
        (score(score=0.0, history=()), "not proven yet"),
    ],
)
def test_what_nobody_knows_is_said_and_is_not_0(shown: ScoreView | None, text: str) -> None:
    assert score_text(shown) == text
    assert score_advice(shown)


def test_all_services_together_are_under_an_empty_name() -> None:
    both = (score(""), score("chat-service", score=1.0))
    assert score_of(both, "") is both[0]
    assert score_of(both, "chat-service") is both[1]
    assert score_of(both, "other") is None


def test_what_adds_least_is_told_first() -> None:
    parts = (
        ScorePart(experiment="a", weight=1.0, value=1.0, text="1 of the last 1 passed"),
        ScorePart(experiment="b", weight=0.5, value=0.0, text="never run"),
    )
    rows = part_rows([score(parts=parts)])
    assert [(row.experiment, row.value, row.weight, row.why) for row in rows] == [
        ("b", "0 %", "0.5", "never run"),
        ("a", "100 %", "1", "1 of the last 1 passed"),
    ]


def test_healing_has_four_corners_two_of_which_are_good() -> None:
    healer = HealerFigures(healed=4, missed=1, false_restarts=2, left_alone=3)
    found = {cell.label: (cell.count, cell.is_good) for cell in healer_cells(score(healer=healer))}
    assert found == {
        "healed": (4, True),
        "missed": (1, False),
        "false restarts": (2, False),
        "left alone": (3, True),
    }


def test_healing_that_was_never_put_to_the_test_has_no_figures() -> None:
    assert healer_cells(None) == ()
    assert healer_cells(score(history=())) == ()


def test_times_are_p50_and_p95_or_a_dash() -> None:
    assert times_text(Percentiles(count=7, p50_s=1.2, p95_s=3.0)) == "1.2 s / 3 s"
    assert times_text(Percentiles()) == "\N{EN DASH}"


def test_the_history_is_a_line_that_says_itself() -> None:
    panel = history_panel(score(""))
    (line,) = panel["figure"]["data"]
    assert line["y"] == [20.0, 62.4]
    assert panel["description"] == (
        "Score of All services after each of 2 runs: 20 at 2023-11-14 22:03:20 UTC, 62.4 at 22:12:20."
    )
    assert "nothing is known" in history_panel(score(history=()))["description"]


def test_the_lowest_comes_first_and_the_unknown_last() -> None:
    known = (
        score(""),
        score("good", score=90.0),
        score("new", score=0.0, history=()),
        score("bad", score=10.0),
        score("none", score=None),
    )
    assert [each.service for each in services_by_score(known)] == ["bad", "good", "new", "none"]

"""Reading the toolkit's journal."""

from __future__ import annotations

from typing import Any

import pytest

from chaostagent.judgement.journal import (
    broken,
    failed_activities,
    probe_promise,
    shown,
    steady_state,
    why_failed,
)
from tagent_contract.experiments import Promise


def test_a_look_that_was_not_taken_is_none() -> None:
    assert steady_state({}, "before") is None
    assert steady_state({"steady_states": None}, "before") is None
    assert steady_state({"steady_states": {"before": None}}, "before") is None


def test_a_complaint_names_each_probe_that_is_not_as_it_should_be() -> None:
    good = {
        "activity": {"name": "a", "tolerance": True},
        "status": "succeeded",
        "output": True,
        "tolerance_met": True,
    }
    bad = {
        **good,
        "activity": {"name": "b", "tolerance": {"type": "range", "range": [0.99, 1]}},
        "output": 0.5,
        "tolerance_met": False,
    }
    found = steady_state(
        {"steady_states": {"after": {"steady_state_met": False, "probes": [good, bad]}}}, "after"
    )
    assert found is not None
    assert not found.met
    assert found.complaint == "b: measured 0.5, allowed 0.99 to 1"


@pytest.mark.parametrize(
    ("exception", "why"),
    [
        (
            [
                "chaoslib.exceptions.ActivityFailed: chaoslib.exceptions.ActivityFailed: over budget\n"
            ],
            "over budget",
        ),
        (
            ["Traceback ...\n", "ActivityFailed: measured 3 s, allowed 2 s\n"],
            "measured 3 s, allowed 2 s",
        ),
        (["ValueError: a: b\n"], "a: b"),
        ([], "failed"),
        (None, "failed"),
    ],
)
def test_why_an_activity_failed_is_its_last_line(exception: Any, why: str) -> None:
    assert why_failed({"status": "failed", "exception": exception}) == why


def test_an_activity_without_a_status_was_interrupted() -> None:
    assert why_failed({}) == "interrupted"
    assert failed_activities([{"activity": {"type": "action", "name": "x"}}], "action") == []


def test_only_failures_of_the_kind_are_returned() -> None:
    runs = [
        {"activity": {"type": kind, "name": kind}, "status": "failed", "exception": ["E: no\n"]}
        for kind in ("action", "probe")
    ]
    assert failed_activities(runs, "action") == ["action: no"]


@pytest.mark.parametrize(
    ("value", "text"),
    [(True, "yes"), (False, "no"), (0.123456, "0.1235"), ("x", "x"), (None, "None"), ([1], "[1]")],
)
def test_a_value_is_shown_as_a_person_would_write_it(value: object, text: str) -> None:
    assert shown(value) == text


def test_what_is_long_is_cut() -> None:
    assert len(shown("x" * 10_000)) == 200


def test_a_probe_without_tolerance_keeps_its_promise_by_succeeding() -> None:
    promise = probe_promise({"activity": {"name": "a"}, "status": "succeeded", "output": 3})
    assert promise == Promise(text="a", kept=True, measured="3")


def test_a_broken_promise_in_one_line() -> None:
    assert broken(Promise(text="a", kept=False, measured="", allowed="")) == "a: measured nothing"

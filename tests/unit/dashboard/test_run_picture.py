from __future__ import annotations

from typing import Any

from tagent_contract.experiments import RunResult, Verdict
from tagent_contract.incidents import TimelineEntry
from tagent_dashboard.views.run_picture import run_picture
from tests.fakes.shown import NOW, ago, entry, fault, run


def drawn(*timeline: TimelineEntry, faults: Any = ()) -> Any:
    result = RunResult(verdict=Verdict.PASSED, timeline=timeline)
    return run_picture(run(result=result), faults, NOW)


def labels(picture: Any, lane: str) -> list[str]:
    return [
        hover.split("<br>")[0]
        for trace in picture.figure["data"]
        if trace["type"] == "bar"
        for hover, where in zip(trace["hovertext"], trace["y"], strict=True)
        if where == lane
    ]


def test_where_nothing_happened_there_is_no_picture() -> None:
    assert drawn() is None
    assert run_picture(run(result=RunResult(verdict=Verdict.ERROR)), (), NOW) is None


def test_it_is_told_by_the_timeline_alone() -> None:
    picture = drawn(
        entry("armed", 0),
        entry("first_affected", 1),
        entry("detected", 3),
        entry("restarted", 4),
        entry("healthy", 5),
        entry("verified", 8),
        entry("resolved", 8),
    )
    assert labels(picture, "Detection") == ["found in 2 s"]
    assert labels(picture, "Effect") == ["not well for 4 s"]
    assert labels(picture, "Verification") == ["held 3 s"]
    assert picture.description.startswith("Timeline of the run, in UTC: 22:12:20 armed;")


def test_one_incident_after_the_other_is_drawn() -> None:
    picture = drawn(
        entry("exited", 0),
        entry("detected", 1),
        entry("healthy", 2),
        entry("resolved", 3),
        entry("first_affected", 10),
        entry("detected", 12),
        entry("healthy", 13),
        entry("relapsed", 14),
        entry("healthy", 15),
        entry("resolved", 19),
    )
    assert labels(picture, "Effect") == ["not well for 2 s", "not well for 5 s"]
    assert labels(picture, "Detection") == ["found in 1 s", "found in 2 s"]


def test_what_was_not_well_at_its_end_is_drawn_to_the_end() -> None:
    picture = drawn(entry("first_affected", 1), entry("detected", 2), entry("escalated", 9))
    assert labels(picture, "Effect") == ["not well for 8 s"]


def test_its_faults_have_lanes_of_their_own() -> None:
    one = fault(created_at=ago(60), ended_at=ago(50), injected=4)
    picture = drawn(entry("armed", 0), entry("ended", 10), faults=(one,))
    assert labels(picture, "Fault: latency") == ["latency, 4 injected"]
    marks = [trace for trace in picture.figure["data"] if trace["type"] == "scatter"]
    assert [trace["y"] for trace in marks] == [["Fault: latency"], ["Fault: latency"]]

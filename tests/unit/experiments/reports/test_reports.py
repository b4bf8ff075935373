"""What is said of a campaign, in each form."""

from __future__ import annotations

import json
from typing import Any
from xml.etree import ElementTree as ET

import msgspec
from msgspec.structs import replace

from chaostagent.reports.junit import junit
from chaostagent.reports.markdown import markdown
from chaostagent.reports.page import page
from chaostagent.reports.picture import picture
from chaostagent.reports.words import headline, healer, outcome, seconds, times
from chaostagent.running.results import Campaign, Trial, failures, red_line
from tagent_contract.experiments import HealerFigures, Promise, RunResult, Verdict
from tagent_contract.incidents import TimelineEntry

EVIL = "<img src=x onerror=alert(1)> | `x` </script>"
ENTRY = TimelineEntry(at="2026-01-01T00:00:01.000Z", kind="armed", text=EVIL)
GOOD = RunResult(
    verdict=Verdict.PASSED,
    injected=7,
    mttd_s=(1.0,),
    mttr_s=(11.0,),
    promises=(Promise(text="healed", kept=True, measured="11 s", allowed="30 s"),),
    healer=HealerFigures(healed=1),
    timeline=(ENTRY,),
)
BAD = replace(
    GOOD,
    verdict=Verdict.DEVIATED,
    why="healed: measured 41 s, allowed 30 s",
    healer=HealerFigures(missed=1),
)


def trial(result: RunResult = GOOD, **changes: Any) -> Trial:
    whole = Trial(
        experiment="error-is-cured",
        title="A title",
        hypothesis="It is cured",
        targets=("chat",),
        number=1,
        run_id="r1",
        started_at="2026-01-01T00:00:00.000Z",
        took_s=21.5,
        wanted=Verdict.PASSED,
        result=result,
        journal="out/error-is-cured-1.json",
        again="tagent chaos run error-is-cured",
    )
    return replace(whole, **changes)


def campaign(*trials: Trial, **changes: Any) -> Campaign:
    whole = Campaign(
        started_at="2026-01-01T00:00:00.000Z",
        took_s=60.0,
        platform="http://127.0.0.1:8000",
        dashboard="http://127.0.0.1:8501",
        interrupted=False,
        trials=trials,
    )
    return replace(whole, **changes)


def test_a_red_line_says_all_that_one_needs() -> None:
    line = red_line(trial(BAD), "http://127.0.0.1:8501")
    for part in (
        "It is cured",
        "measured 41 s, allowed 30 s",
        "http://127.0.0.1:8501/experiments?run=r1",
        "tagent chaos run error-is-cured",
    ):
        assert part in line
    assert "out/error-is-cured-1.json" in red_line(trial(BAD), None)
    unbegun = red_line(trial(BAD, run_id=None), "http://127.0.0.1:8501")
    assert "timeline: none, it did not begin" in unbegun


def test_green_means_that_all_ended_as_they_were_to() -> None:
    must_fail = trial(BAD, wanted=Verdict.DEVIATED)
    assert campaign(trial(), must_fail).is_green
    assert not campaign(trial(BAD)).is_green
    assert not campaign(trial(wanted=Verdict.DEVIATED)).is_green
    assert not campaign().is_green
    assert not campaign(trial(), interrupted=True).is_green


def test_one_that_must_fail_and_passed_is_red_and_says_why() -> None:
    assert "bad healer" in red_line(trial(wanted=Verdict.DEVIATED), None)
    assert failures([trial(wanted=Verdict.DEVIATED)])


def test_junit_counts_failures_and_errors_apart() -> None:
    error = trial(replace(BAD, verdict=Verdict.ERROR, why="could not begin\x00"), number=2)
    root = ET.fromstring(junit(campaign(trial(), trial(BAD), error)))
    assert (root.get("tests"), root.get("failures"), root.get("errors")) == ("3", "1", "1")
    message = root.find(".//failure").get("message")  # type: ignore[union-attr]
    assert message is not None
    assert "measured 41 s" in message
    assert root.find(".//error").get("type") == "error"  # type: ignore[union-attr]
    assert EVIL in (root.find(".//failure").text or "")  # type: ignore[union-attr]


def test_a_run_that_must_fail_and_does_is_no_failure_in_junit() -> None:
    root = ET.fromstring(junit(campaign(trial(BAD, wanted=Verdict.DEVIATED))))
    assert root.get("failures") == "0"


def test_markdown_keeps_what_came_from_elsewhere_text() -> None:
    said = markdown(campaign(trial(replace(BAD, why=EVIL))))
    assert "<img" not in said.replace("\\<img", "")
    assert "0 of 1 runs as promised" in said
    assert "| error-is-cured | ❌ deviated | 7 | 1.0 s / 1.0 s | 11.0 s / 11.0 s |" in said


def test_the_page_is_whole_and_escapes_everything() -> None:
    shown = page(campaign(trial(replace(BAD, why=EVIL))), "PLOTLY")
    assert "<img" not in shown
    assert shown.count("</script>") == 2
    assert "PLOTLY" in shown
    assert "http://" not in shown.replace("http://127.0.0.1", "")
    assert "tagent chaos run error-is-cured" in shown


def test_the_picture_has_a_row_for_each_and_its_text_is_no_markup() -> None:
    figure = picture((ENTRY,))
    assert [trace["name"] for trace in figure["data"]] == ["healing", "incident", "fault"]
    assert figure["data"][2]["customdata"][0].startswith("&lt;img")
    json.dumps(figure)


def test_words() -> None:
    assert headline(campaign(trial())) == "All 1 runs as promised"
    assert headline(campaign(trial(), interrupted=True)) == "Interrupted: all 1 runs as promised"
    assert outcome(trial(BAD, wanted=Verdict.DEVIATED)) == "deviated, as it must"
    assert outcome(trial(wanted=Verdict.DEVIATED)) == "passed, but must be deviated"
    assert [seconds(each) for each in (None, 0.0123, 12.34)] == ["-", "12 ms", "12.3 s"]


def test_percentiles_and_the_matrix_are_over_all_runs() -> None:
    trials = [trial(replace(GOOD, mttr_s=(float(number),))) for number in range(1, 11)]
    mttd, mttr = times(trials)
    assert (mttd.count, mttr.p50_s, mttr.p95_s) == (10, 5.0, 10.0)
    assert healer([*trials, trial(BAD, wanted=Verdict.DEVIATED)]) == HealerFigures(healed=10)


def test_results_are_json_that_can_be_read_back() -> None:
    whole = campaign(trial(), trial(BAD))
    assert msgspec.json.decode(msgspec.json.encode(whole), type=Campaign) == whole

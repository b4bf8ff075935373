from __future__ import annotations

from tagent_contract.experiments import HealerFigures, Promise, RunResult, RunState, Verdict
from tagent_dashboard.views.run_markdown import run_markdown
from tests.fakes.shown import entry, run

RESULT = RunResult(
    verdict=Verdict.DEVIATED,
    why="it was too late: measured 9 s, allowed 5 s",
    promises=(
        Promise(text="it is back", kept=True, measured="HEALTHY", allowed="HEALTHY"),
        Promise(text="in time | really", kept=False, measured="9 s", allowed="5 s"),
    ),
    injected=3,
    faults=("f1",),
    incidents=("i1",),
    mttd_s=(0.38,),
    mttr_s=(9.0,),
    healer=HealerFigures(healed=1),
    timeline=(entry("armed", 1, "crash armed"), entry("detected", 2.5, "it is gone")),
)


def test_it_is_a_whole_document() -> None:
    text = run_markdown(run(result=RESULT, reason="release 2.4"))
    assert text.startswith(
        "# A crash is cured: deviated\n\nIt was too late: measured 9 s, allowed 5 s.\n"
    )
    for line in (
        "| Experiment | crash-is-cured |",
        "| Why | release 2.4 |",
        "| Took | 30 s |",
        "| MTTR | 9 s |",
        "| Healing | 1 healed, 0 missed, 0 false restarts, 0 left alone |",
        "1 of 2 kept.",
        "| BROKEN | in time \\| really | 9 s | 5 s |",
        "| kept | it is back | HEALTHY | HEALTHY |",
        "| 22:12:22 | +1.50 s | detected | it is gone |",
        "- Faults: f1",
        "    tagent chaos run crash-is-cured",
    ):
        assert line in text.splitlines(), line


def test_a_run_that_has_no_result_yet_is_told_of_too() -> None:
    text = run_markdown(run(state=RunState.RUNNING))
    assert "It has not ended yet." in text
    assert "| Ended | \N{EN DASH} |" in text
    assert "## Promises" not in text


def test_it_says_what_there_was_none_of() -> None:
    text = run_markdown(run())
    assert "None was measured." in text
    assert "Nothing happened." in text
    assert "- Faults: none" in text


def test_foreign_text_stays_text() -> None:
    text = run_markdown(run(title="<b>x</b> # y", hypothesis="[a](http://b)"))
    assert text.startswith(r"# \<b\>x\</b\> \# y: passed")
    assert r"Hypothesis: \[a\](http://b)" in text

from __future__ import annotations

from tagent_platform.api.metrics import Counters, Sample, counter, exposition, gauge


def test_families_are_written_with_their_help_and_type() -> None:
    text = exposition(
        [
            counter("tagent_reports_total", "Reports taken in.", 3),
            gauge("tagent_services", "Services.", [Sample(1.5, {"health": "HEALTHY"})]),
        ]
    )
    assert text == (
        "# HELP tagent_reports_total Reports taken in.\n"
        "# TYPE tagent_reports_total counter\n"
        "tagent_reports_total 3\n"
        "# HELP tagent_services Services.\n"
        "# TYPE tagent_services gauge\n"
        'tagent_services{health="HEALTHY"} 1.5\n'
    )


def test_nothing_in_a_label_can_break_out_of_it() -> None:
    text = exposition([gauge("g", "a\\b\nc", [Sample(1, {"l": 'x"} 1\n\\'})])])
    assert text == '# HELP g a\\\\b\\nc\n# TYPE g gauge\ng{l="x\\"} 1\\n\\\\"} 1\n'


def test_a_family_without_samples_is_left_out() -> None:
    assert exposition([counter("c_total", "Nothing yet.", [])]) == "\n"


def test_counts_are_told_apart_by_their_label() -> None:
    counts = Counters("reason")
    counts.add("forbidden")
    counts.add("forbidden")
    counts.add("invalid", 5)
    assert counts.samples() == (
        Sample(2, {"reason": "forbidden"}),
        Sample(5, {"reason": "invalid"}),
    )

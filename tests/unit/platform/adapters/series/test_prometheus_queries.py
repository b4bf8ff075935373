from __future__ import annotations

from tagent_platform.adapters.series.prometheus_queries import folds_between, samples_between
from tagent_platform.adapters.series.prometheus_samples import Fold


def test_samples_are_asked_for_between_odd_milliseconds() -> None:
    question = samples_between(
        ["requests", "errors"], {"job": "tagent", "service": "chat"}, 1_000_000, 1_060_000
    )
    assert question == {
        "query": '{__name__=~"tagent_window_requests|tagent_window_errors",job="tagent",service="chat"}[60000ms]',
        "time": "1060.001",
    }


def test_what_a_label_holds_cannot_end_the_query() -> None:
    question = samples_between(["requests"], {"service": 'a"} or vector(1) #\\\n'}, 0, 1000)
    assert question["query"].endswith('service="a\\"} or vector(1) #\\\\\\n"}[1000ms]')


def test_each_name_is_folded_in_its_own_way_and_keeps_its_name() -> None:
    question = folds_between(
        [("requests", Fold.SUM), ("connections", Fold.LAST)], {"job": "t"}, 60_000, 3, 60_000
    )
    assert question == {
        "query": 'label_replace(sum_over_time(tagent_window_requests{job="t"}[60000ms]), "figure", "requests", "", "")'
        " or "
        'label_replace(last_over_time(tagent_window_connections{job="t"}[60000ms]), "figure", "connections", "", "")',
        "start": "60.001",
        "end": "180.001",
        "step": "60.000",
    }


def test_buckets_are_added_up_over_instances_by_the_engine() -> None:
    question = folds_between([("whole_exact", Fold.SUM)], {}, 60_000, 1, 60_000)
    assert (
        "sum by (bucket) (sum_over_time(tagent_window_whole_exact{}[60000ms]))" in question["query"]
    )

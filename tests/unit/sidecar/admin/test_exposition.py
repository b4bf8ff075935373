from __future__ import annotations

from tagent_sidecar.admin.exposition import Family, Sample, histogram, labelled, plain, render


def test_a_family_has_help_type_and_samples() -> None:
    assert render([plain("a_total", "counter", "As.", 3)]) == (
        b"# HELP a_total As.\n# TYPE a_total counter\na_total 3\n"
    )


def test_what_is_not_known_is_left_out() -> None:
    assert render([plain("a", "gauge", "A.", None), plain("b", "gauge", "B.", 0.5)]) == (
        b"# HELP b B.\n# TYPE b gauge\nb 0.5\n"
    )


def test_labels_are_escaped() -> None:
    text = render([labelled("a", "gauge", "A.", "name", {'x"\\\n': 1})]).decode()
    assert text.endswith('a{name="x\\"\\\\\\n"} 1\n')


def test_histogram_buckets_are_cumulative() -> None:
    text = render([histogram("h_seconds", "H.", {0.002: 3, 0.3: 1, 99.0: 1}, 99.9)]).decode()
    assert 'h_seconds_bucket{le="0.001"} 0\n' in text
    assert 'h_seconds_bucket{le="0.0025"} 3\n' in text
    assert 'h_seconds_bucket{le="0.5"} 4\n' in text
    assert 'h_seconds_bucket{le="+Inf"} 5\n' in text
    assert text.endswith("h_seconds_sum 99.9\nh_seconds_count 5\n")


def test_several_labels_stand_side_by_side() -> None:
    family = Family("a", "gauge", "A.", (Sample(1, {"x": "1", "y": "2"}),))
    assert b'a{x="1",y="2"} 1\n' in render([family])

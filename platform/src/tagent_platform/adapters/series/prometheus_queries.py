"""What an engine is asked: PromQL and its parameters. Pure."""

from __future__ import annotations

from collections.abc import Iterable, Mapping

from tagent_platform.adapters.series.prometheus_samples import PREFIX, Fold

FIGURE_LABEL = "figure"
"""Folding takes a series' name away; here it comes back as a label."""

QUERY, QUERY_RANGE = "/api/v1/query", "/api/v1/query_range"


def samples_between(
    names: Iterable[str], labels: Mapping[str, str], after_ms: int, until_ms: int
) -> dict[str, str]:
    """Ask for every sample in (after, until] as it was written."""
    start, end = _odd(after_ms), _odd(until_ms)
    matching = "|".join(PREFIX + name for name in names)
    selector = _selector("", labels, name_pattern=matching)
    return {"query": f"{selector}[{max(end - start, 1)}ms]", "time": _seconds(end)}


def folds_between(
    names: Iterable[tuple[str, Fold]],
    labels: Mapping[str, str],
    first_end_ms: int,
    count: int,
    each_ms: int,
) -> dict[str, str]:
    """Ask for one value of each series for each of `count` spans, the first of which ends at `first_end_ms`; a span has an even length."""
    first = _odd(first_end_ms)
    parts = [_folded(name, fold, labels, each_ms) for name, fold in names]
    return {
        "query": " or ".join(parts),
        "start": _seconds(first),
        "end": _seconds(first + (count - 1) * each_ms),
        "step": _seconds(each_ms),
    }


def _folded(name: str, fold: Fold, labels: Mapping[str, str], each_ms: int) -> str:
    folded = f"{fold}({_selector(PREFIX + name, labels)}[{each_ms}ms])"
    if name.endswith("_exact"):
        # Percentiles are of all instances together: so many buckets of each would be many for one number.
        folded = f"sum by (bucket) ({folded})"
    return f'label_replace({folded}, "{FIGURE_LABEL}", "{name}", "", "")'


def _selector(name: str, labels: Mapping[str, str], name_pattern: str = "") -> str:
    matchers = [f'__name__=~"{name_pattern}"'] if name_pattern else []
    matchers += [f'{label}="{_escape(value)}"' for label, value in labels.items()]
    return f"{name}{{{','.join(matchers)}}}"


def _escape(text: str) -> str:
    return text.replace("\\", "\\\\").replace('"', '\\"').replace("\n", "\\n")


def _odd(ms: int) -> int:
    return ms | 1


def _seconds(ms: int) -> str:
    return f"{ms // 1000}.{ms % 1000:03d}"

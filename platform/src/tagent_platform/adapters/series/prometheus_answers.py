"""What an engine answers, as windows. Pure."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

import msgspec
from msgspec import Struct

from tagent_contract.reports import Window
from tagent_platform.adapters.series.prometheus_queries import FIGURE_LABEL
from tagent_platform.adapters.series.prometheus_samples import (
    PREFIX,
    Figure,
    instant_ms,
    window_of,
)

Instance = tuple[str, str]
"""A service and one of its instances; no instance where an engine has added up several."""

_OF_FIGURES = ("bucket", "class", "le", "result", "side")


class _Series(Struct):
    metric: dict[str, str] = {}
    values: list[tuple[float, str]] = []


class _Data(Struct, rename="camel"):
    result: list[_Series] = []
    result_type: str = ""


class _Answer(Struct):
    status: str = ""
    data: _Data | None = None
    error: str = ""


_answers = msgspec.json.Decoder(_Answer)


class NoAnswerError(Exception):
    """An engine has answered something else; one phrase."""


def windows_in(body: bytes, fold_s: float = 0.0) -> dict[Instance, dict[int, Window]]:
    """Return the windows of an answer by instance and by where they stand. Raises NoAnswerError.

    `fold_s` is how long a span was that an engine has folded: what it added up over instances has no duration of its own.
    """
    found: dict[Instance, dict[int, dict[Figure, float]]] = {}
    for series in _series_in(body):
        labels = series.metric
        named = labels.get(FIGURE_LABEL) or labels.get("__name__", "").removeprefix(PREFIX)
        figure = Figure(named, tuple((k, labels[k]) for k in _OF_FIGURES if k in labels))
        instants = found.setdefault((labels.get("service", ""), labels.get("instance", "")), {})
        for at, value in _numbers(series):
            instants.setdefault(instant_ms(at), {})[figure] = value
    return {
        instance: {
            at_ms: window
            for at_ms, values in sorted(instants.items())
            if (window := window_of(values, 0.0 if instance[1] else fold_s)) is not None
        }
        for instance, instants in found.items()
    }


def _series_in(body: bytes) -> Iterable[_Series]:
    try:
        answer = _answers.decode(body)
    except msgspec.MsgspecError as error:
        raise NoAnswerError(f"it answered no Prometheus JSON: {error}") from error
    if answer.status != "success" or answer.data is None:
        raise NoAnswerError(f"it answered {answer.error or answer.status or 'nothing'!r}")
    if answer.data.result_type != "matrix":
        raise NoAnswerError(f"it answered a {answer.data.result_type or 'nothing'}, not a matrix")
    return answer.data.result


def _numbers(series: _Series) -> Iterator[tuple[float, float]]:
    for at, text in series.values:
        try:
            value = float(text)
        except ValueError:
            raise NoAnswerError(f"it answered {text[:40]!r} for a number") from None
        # No sample of ours is negative, NaN or without end.
        if 0 <= value < float("inf"):
            yield at, value

"""Prometheus text: families of samples, written out."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass

CONTENT_TYPE = "text/plain; version=0.0.4; charset=utf-8"


@dataclass(frozen=True, slots=True)
class Sample:
    """One value, under the labels that tell it from its siblings."""

    value: float
    labels: Mapping[str, str] | None = None


@dataclass(frozen=True, slots=True)
class Family:
    """One metric: `kind` is `counter` or `gauge`, and a counter's name ends in `_total`."""

    name: str
    kind: str
    about: str
    samples: tuple[Sample, ...]


class Counters:
    """Counts by label, within one process; the labels are few and known beforehand (reasons, never names)."""

    def __init__(self, label: str) -> None:
        self.label = label
        self._counts: dict[str, int] = {}

    def add(self, value: str, count: int = 1) -> None:
        """Count one more."""
        self._counts[value] = self._counts.get(value, 0) + count

    def samples(self) -> tuple[Sample, ...]:
        """Return all counts, in the labels' order."""
        return tuple(
            Sample(count, {self.label: value}) for value, count in sorted(self._counts.items())
        )


def counter(name: str, about: str, samples: Iterable[Sample] | float) -> Family:
    """Return something that only grows."""
    return Family(name, "counter", about, _samples(samples))


def gauge(name: str, about: str, samples: Iterable[Sample] | float) -> Family:
    """Return something that goes up and down."""
    return Family(name, "gauge", about, _samples(samples))


def _samples(samples: Iterable[Sample] | float) -> tuple[Sample, ...]:
    if isinstance(samples, int | float):
        return (Sample(samples),)
    return tuple(samples)


def exposition(families: Iterable[Family]) -> str:
    """Write the families in the text format; one without samples is left out."""
    lines: list[str] = []
    for family in families:
        if not family.samples:
            continue
        lines.append(f"# HELP {family.name} {_escape_help(family.about)}")
        lines.append(f"# TYPE {family.name} {family.kind}")
        lines.extend(f"{family.name}{_labels(s.labels)} {_number(s.value)}" for s in family.samples)
    return "\n".join(lines) + "\n"


def _labels(labels: Mapping[str, str] | None) -> str:
    if not labels:
        return ""
    inside = ",".join(f'{name}="{_escape_value(value)}"' for name, value in labels.items())
    return "{" + inside + "}"


def _number(value: float) -> str:
    return str(value) if isinstance(value, int) else repr(float(value))


def _escape_help(text: str) -> str:
    return text.replace("\\", "\\\\").replace("\n", "\\n")


def _escape_value(text: str) -> str:
    return _escape_help(text).replace('"', '\\"')

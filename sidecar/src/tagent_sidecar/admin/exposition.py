"""The Prometheus text format: metric families in, text out. Pure."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass

CONTENT_TYPE = "text/plain; version=0.0.4; charset=utf-8"
LE_SECONDS = (0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0, 10.0, 30.0)

_ESCAPES = str.maketrans({"\\": r"\\", '"': r"\"", "\n": r"\n"})


@dataclass(frozen=True, slots=True)
class Sample:
    """One line: a suffix of the family's name, labels, a value."""

    value: float
    labels: Mapping[str, str]
    suffix: str = ""


@dataclass(frozen=True, slots=True)
class Family:
    """One metric with its help and type (`counter`, `gauge`, `histogram`)."""

    name: str
    kind: str
    help: str
    samples: tuple[Sample, ...]


def plain(name: str, kind: str, help_text: str, value: float | None) -> Family:
    """Return a metric without labels; without a sample when nothing is known."""
    return Family(name, kind, help_text, () if value is None else (Sample(value, {}),))


def labelled(
    name: str, kind: str, help_text: str, label: str, values: Mapping[str, float]
) -> Family:
    """Return a metric with one label."""
    return Family(
        name, kind, help_text, tuple(Sample(value, {label: key}) for key, value in values.items())
    )


def histogram(name: str, help_text: str, counts: Mapping[float, int], sum_seconds: float) -> Family:
    """Return a histogram from counts by upper bound in seconds."""
    samples = [
        Sample(
            sum(count for bound, count in counts.items() if bound <= le),
            {"le": f"{le:g}"},
            "_bucket",
        )
        for le in LE_SECONDS
    ]
    total = sum(counts.values())
    samples += [
        Sample(total, {"le": "+Inf"}, "_bucket"),
        Sample(sum_seconds, {}, "_sum"),
        Sample(total, {}, "_count"),
    ]
    return Family(name, "histogram", help_text, tuple(samples))


def render(families: Iterable[Family]) -> bytes:
    """Return the text. A family without a sample is left out."""
    lines: list[str] = []
    for family in families:
        if not family.samples:
            continue
        lines.append(f"# HELP {family.name} {family.help}")
        lines.append(f"# TYPE {family.name} {family.kind}")
        lines.extend(_line(family.name, sample) for sample in family.samples)
    return ("\n".join(lines) + "\n").encode()


def _line(name: str, sample: Sample) -> str:
    labels = ",".join(
        f'{key}="{value.translate(_ESCAPES)}"' for key, value in sample.labels.items()
    )
    value = int(sample.value) if float(sample.value).is_integer() else sample.value
    return f"{name}{sample.suffix}{'{' + labels + '}' if labels else ''} {value}"

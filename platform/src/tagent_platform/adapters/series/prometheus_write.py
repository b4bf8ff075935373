"""Remote write 1.0: samples as the body of one request. Pure.

The format's three messages are written here, since Google's protobuf takes twelve times as long (`docs/performance.md`): most of a series
is the same bytes each time, and those are kept.
"""

from __future__ import annotations

import struct
from collections.abc import Iterable, Mapping, Sequence

import cramjam

from tagent_platform.adapters.series.prometheus_samples import (
    PREFIX,
    Figure,
    instant_ms,
    points_of,
)
from tagent_platform.ports.series import WindowSample

HEADERS: Mapping[str, str] = {
    "content-type": "application/x-protobuf",
    "content-encoding": "snappy",
    "x-prometheus-remote-write-version": "0.1.0",
    "user-agent": "tagent",
}
_INSTANCE, _SERVICE = "instance", "service"
_double = struct.Struct("<d").pack


def varint(number: int) -> bytes:
    """Return a number as protobuf writes it."""
    out = bytearray()
    while number >= 0x80:
        out.append(number & 0x7F | 0x80)
        number >>= 7
    out.append(number)
    return bytes(out)


_VARINTS = [varint(number) for number in range(2048)]
"""Most lengths are among these."""


def _varint(number: int) -> bytes:
    return _VARINTS[number] if number < len(_VARINTS) else varint(number)


def _field(number: int, content: bytes) -> bytes:
    return varint(number << 3 | 2) + varint(len(content)) + content


def _label(name: str, value: str) -> bytes:
    return _field(1, _field(1, name.encode()) + _field(2, value.encode()))


class RemoteWriter:
    """Encodes windows. `labels` are on every series, beside `service` and `instance`."""

    def __init__(self, labels: Mapping[str, str]) -> None:
        self._labels = tuple(labels.items())
        self._kept: dict[Figure, tuple[bytes, bytes, bytes]] = {}

    def body(self, windows: Iterable[WindowSample]) -> bytes:
        """Return the compressed body that writes all these windows."""
        by_instance: dict[tuple[str, str], list[WindowSample]] = {}
        for sample in windows:
            by_instance.setdefault((sample.service, sample.instance), []).append(sample)
        out: list[bytes] = []
        for (service, instance), samples in by_instance.items():
            self._add_instance(out, service, instance, samples)
        return bytes(cramjam.snappy.compress_raw(b"".join(out)))

    def _add_instance(
        self, out: list[bytes], service: str, instance: str, samples: Sequence[WindowSample]
    ) -> None:
        # A series' samples stand together, the oldest of them first.
        series: dict[Figure, bytes] = {}
        for sample in sorted(samples, key=lambda one: one.at):
            stamp = b"\x10" + varint(instant_ms(sample.at))
            head = b"\x12" + bytes((9 + len(stamp),)) + b"\x09"
            for figure, value in points_of(sample.window):
                series[figure] = series.get(figure, b"") + head + _double(value) + stamp
        of_instance, of_service = _label(_INSTANCE, instance), _label(_SERVICE, service)
        length = len(of_instance) + len(of_service)
        for figure, encoded in series.items():
            first, between, last = self._kept.get(figure) or self._keep(figure)
            size = _varint(length + len(first) + len(between) + len(last) + len(encoded))
            out += (b"\n", size, first, of_instance, between, of_service, last, encoded)

    def _keep(self, figure: Figure) -> tuple[bytes, bytes, bytes]:
        """Return the labels that are the same for all instances: those that sort before `instance`, before `service`, and after."""
        labels = sorted([("__name__", PREFIX + figure.name), *figure.labels, *self._labels])
        parts = (
            b"".join(_label(*pair) for pair in labels if pair[0] < _INSTANCE),
            b"".join(_label(*pair) for pair in labels if _INSTANCE < pair[0] < _SERVICE),
            b"".join(_label(*pair) for pair in labels if pair[0] > _SERVICE),
        )
        self._kept[figure] = parts
        return parts

"""Reading the platform's answers, from several threads at once if need be."""

from __future__ import annotations

from typing import Any, Generic, TypeVar

import msgspec
from msgspec import Struct

from tagent_contract.events import Event
from tagent_contract.experiments import ExperimentView, RunView, ScoreView
from tagent_contract.faults import FaultView
from tagent_contract.incidents import IncidentView
from tagent_contract.policy import ServicePolicy
from tagent_contract.problems import Problem
from tagent_contract.services import (
    Halt,
    HealingPass,
    LogEntry,
    Maintenance,
    Role,
    SeriesView,
    ServiceView,
    TokenView,
)

T = TypeVar("T")


class Page(Struct, Generic[T], frozen=True):
    """A part of a list; `next` is the cursor of what follows, or None at the end."""

    items: tuple[T, ...]
    next: str | None = None


_KINDS: tuple[Any, ...] = (
    Event,
    FaultView,
    Halt,
    HealingPass,
    IncidentView,
    Maintenance,
    Problem,
    Role,
    SeriesView,
    RunView,
    ServicePolicy,
    ServiceView,
    TokenView,
    Page[Event],
    Page[ExperimentView],
    Page[FaultView],
    Page[IncidentView],
    Page[LogEntry],
    Page[RunView],
    Page[ScoreView],
    Page[SeriesView],
    Page[ServiceView],
    Page[TokenView],
    dict,
)
# Built here, while the import holds every other thread back: msgspec 0.22 works a type out when it is first decoded, and two threads that do so
# at the same time end the process with a segmentation fault.
_DECODERS: dict[Any, msgspec.json.Decoder[Any]] = {
    kind: msgspec.json.Decoder(kind) for kind in _KINDS
}


def read_answer(body: bytes | str, kind: type[T]) -> T:
    """Parse an answer as one of the kinds that the platform gives. Raises msgspec.DecodeError."""
    found: T = _DECODERS[kind].decode(body)
    return found

"""What faults do to one request or connection, as values; and how several on one request add up."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import TypeAlias


@dataclass(frozen=True, slots=True)
class Delay:
    """Hold the request this long before it goes upstream."""

    fault_id: str
    seconds: float


@dataclass(frozen=True, slots=True)
class Swallow:
    """Answer nothing, then close; `seconds` never reaches past the fault's deadline."""

    fault_id: str
    seconds: float


@dataclass(frozen=True, slots=True)
class Answer:
    """Answer this instead of the service."""

    fault_id: str
    http_status: int
    headers: tuple[tuple[str, str], ...] = ()
    body: bytes = b""


@dataclass(frozen=True, slots=True)
class ResetAfter:
    """Send a TCP reset once this many bytes of the response went out; 0 is before the service sees the request."""

    fault_id: str
    response_bytes: int


@dataclass(frozen=True, slots=True)
class Throttle:
    """Send the response no faster than this."""

    fault_id: str
    bytes_per_second: float


@dataclass(frozen=True, slots=True)
class CutAfter:
    """Close once this many bytes of the response went out, if more was to come."""

    fault_id: str
    response_bytes: int


@dataclass(frozen=True, slots=True)
class DelayClose:
    """Hold the close of the connection this long, if the response closes it."""

    fault_id: str
    seconds: float


@dataclass(frozen=True, slots=True)
class Corrupt:
    """Flip this share of the response body's bytes; the same seed flips the same bytes."""

    fault_id: str
    ratio: float
    seed: int


Effect: TypeAlias = (
    Delay | Swallow | Answer | ResetAfter | Throttle | CutAfter | DelayClose | Corrupt
)


@dataclass(frozen=True, slots=True)
class RequestDecision:
    """All that should happen to one request (or, for TCP, one connection).

    Delays add up and come first; of every other effect the strongest counts. Whoever carries it out calls
    `FaultEngine.affected` for each effect that really happened and `FaultEngine.settle` once when the request is over.
    """

    fault_ids: tuple[str, ...]
    counted: bool = True
    """False for the sidecar's own check: it suffers, and is in no figure."""
    delays: tuple[Delay, ...] = ()
    swallow: Swallow | None = None
    answer: Answer | None = None
    reset: ResetAfter | None = None
    throttle: Throttle | None = None
    cut: CutAfter | None = None
    delay_close: DelayClose | None = None
    corrupt: Corrupt | None = None

    @property
    def delay_s(self) -> float:
        """Return the whole delay, from the request's arrival."""
        return sum(delay.seconds for delay in self.delays)


@dataclass(slots=True)
class _Draft:
    delays: list[Delay] = field(default_factory=list)
    swallow: Swallow | None = None
    answer: Answer | None = None
    reset: ResetAfter | None = None
    throttle: Throttle | None = None
    cut: CutAfter | None = None
    delay_close: DelayClose | None = None
    corrupt: Corrupt | None = None


def combine(effects: Iterable[Effect], *, counted: bool) -> RequestDecision:
    """Add effects up; of two answers the one that comes first stands."""
    draft = _Draft()
    fault_ids = []
    for effect in effects:
        fault_ids.append(effect.fault_id)
        _add(draft, effect)
    return RequestDecision(
        fault_ids=tuple(fault_ids),
        counted=counted,
        delays=tuple(draft.delays),
        swallow=draft.swallow,
        answer=draft.answer,
        reset=draft.reset,
        throttle=draft.throttle,
        cut=draft.cut,
        delay_close=draft.delay_close,
        corrupt=draft.corrupt,
    )


def _add(draft: _Draft, effect: Effect) -> None:
    match effect:
        case Delay():
            draft.delays.append(effect)
        case Answer():
            draft.answer = draft.answer or effect
        case Swallow():
            draft.swallow = max(draft.swallow or effect, effect, key=lambda item: item.seconds)
        case DelayClose():
            draft.delay_close = max(
                draft.delay_close or effect, effect, key=lambda item: item.seconds
            )
        case Corrupt():
            draft.corrupt = max(draft.corrupt or effect, effect, key=lambda item: item.ratio)
        case _:
            _add_limit(draft, effect)


def _add_limit(draft: _Draft, effect: ResetAfter | Throttle | CutAfter) -> None:
    match effect:
        case ResetAfter():
            draft.reset = min(draft.reset or effect, effect, key=lambda item: item.response_bytes)
        case CutAfter():
            draft.cut = min(draft.cut or effect, effect, key=lambda item: item.response_bytes)
        case Throttle():
            draft.throttle = min(
                draft.throttle or effect, effect, key=lambda item: item.bytes_per_second
            )

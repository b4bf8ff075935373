"""What the settings page says: who looks, what they may do, and how the platform is."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

_DEEDS = {
    "viewer": ("look at everything, and copy it",),
    "operator": (
        "inject, end and clear faults; halt all and release",
        "recover and restart services; set a maintenance",
        "acknowledge, annotate and close incidents",
        "run and stop experiments",
    ),
    "admin": (
        "change policies",
        "forget services",
        "mint and revoke tokens",
    ),
}
_RANKS = tuple(_DEEDS)


@dataclass(frozen=True, slots=True)
class Deed:
    """Something that a role allows; `is_allowed` says whether this person's does."""

    text: str
    is_allowed: bool
    needs: str


@dataclass(frozen=True, slots=True)
class PlatformState:
    """How the platform is, in words."""

    is_well: bool
    text: str
    version: str


def deeds(role: str) -> tuple[Deed, ...]:
    """Return what can be done at all, and which of it the role allows; without a role, nothing but looking at what was known."""
    reached = _RANKS.index(role) if role in _RANKS else -1
    return tuple(
        Deed(text, rank <= reached, needs)
        for rank, (needs, texts) in enumerate(_DEEDS.items())
        for text in texts
    )


def platform_state(
    is_ready: bool | None, api: Mapping[str, Any] | None, problem: str
) -> PlatformState:
    """Return how the platform is; None is what it has not told."""
    version = str((api or {}).get("info", {}).get("version", "")) or "not known"
    if problem:
        return PlatformState(False, f"It cannot be reached: {problem.rstrip('.')}.", version)
    if is_ready is None:
        return PlatformState(False, "It has not answered yet.", version)
    if not is_ready:
        text = "It answers, but cannot do its work now: its store or its control loop is away."
        return PlatformState(False, text, version)
    return PlatformState(True, "It is ready.", version)

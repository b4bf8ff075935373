"""How the fault tests strike: one matched request, at a known time, with a known chance."""

from __future__ import annotations

from random import Random

from tagent_sidecar.faults.rules import Strike


def strike(
    now: float = 100.0, *, seconds_left: float = 60.0, counted: bool = True, seed: int = 1
) -> Strike:
    return Strike(now, seconds_left, Random(seed), counted)

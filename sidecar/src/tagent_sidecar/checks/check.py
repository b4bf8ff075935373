"""What every check is: something that looks once and says what it found."""

from __future__ import annotations

from typing import Protocol

from tagent_sidecar.health.check_result import CheckResult


class Check(Protocol):
    """One way to ask the service how it is."""

    async def look(self, timeout_s: float) -> CheckResult:
        """Ask once; a failure is a result, never an exception. Leaves no connection or process behind."""

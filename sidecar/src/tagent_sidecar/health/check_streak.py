"""A failing check latches: it takes so many failures to count as failing, and so many passes in a row to be forgiven."""

from __future__ import annotations


class CheckStreak:
    """Counts failures and passes in a row, and remembers which of them was decided last."""

    __slots__ = ("detail", "failed_in_row", "is_failing", "passed_in_row")

    def __init__(self) -> None:
        self.is_failing = False
        self.failed_in_row = 0
        self.passed_in_row = 0
        self.detail = ""
        """What the latest failure said."""

    def passed(self, success_threshold: int) -> None:
        """Count a pass; enough of them in a row end the failing."""
        self.failed_in_row = 0
        self.passed_in_row += 1
        if self.passed_in_row >= success_threshold:
            self.is_failing = False

    def failed(self, detail: str, failure_threshold: int) -> None:
        """Count a failure; enough of them in a row begin the failing."""
        self.passed_in_row = 0
        self.failed_in_row += 1
        self.detail = detail
        if self.failed_in_row >= failure_threshold:
            self.is_failing = True

    def latch(self, detail: str) -> None:
        """Count as failing from now on, whatever was before."""
        self.is_failing = True
        self.passed_in_row = 0
        self.detail = detail

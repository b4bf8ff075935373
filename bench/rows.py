"""A line of the table of budgets, and how it is printed."""

from __future__ import annotations

from dataclasses import dataclass, field


@dataclass(frozen=True, slots=True)
class Row:
    """One measured thing. `ours` and `limits` are in `unit`; a ratio is to `peer`.

    `higher_is_better` tells which side of `must` and `goal` is good; without `must` the row is for information.
    """

    what: str
    unit: str
    ours: float
    must: float | None = None
    goal: float | None = None
    higher_is_better: bool = False
    peers: dict[str, float] = field(default_factory=dict)
    note: str = ""

    @property
    def verdict(self) -> str:
        """Return `goal`, `must`, `missed`, or nothing for a row without limits."""
        if self.must is None:
            return ""
        if self.goal is not None and self._keeps(self.goal):
            return "goal"
        return "must" if self._keeps(self.must) else "MISSED"

    def _keeps(self, limit: float) -> bool:
        return self.ours >= limit if self.higher_is_better else self.ours <= limit


def as_markdown(rows: list[Row]) -> str:
    """Return the rows as a Markdown table."""
    lines = [
        "| what | ours | must | goal | verdict | peers | note |",
        "|---|---|---|---|---|---|---|",
    ]
    for row in rows:
        peers = ", ".join(f"{name} {_number(value)}" for name, value in row.peers.items())
        cells = [
            row.what,
            f"{_number(row.ours)} {row.unit}",
            "" if row.must is None else _number(row.must),
            "" if row.goal is None else _number(row.goal),
            row.verdict,
            peers,
            row.note,
        ]
        lines.append("| " + " | ".join(cells) + " |")
    return "\n".join(lines)


def _number(value: float) -> str:
    if value >= 1000:
        return f"{value:,.0f}".replace(",", " ")
    return f"{value:.3g}"

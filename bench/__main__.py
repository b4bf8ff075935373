"""Run every part and print one table. `python -m bench proxy ingest` runs those parts alone."""

from __future__ import annotations

import importlib
import json
import os
import platform
import sys
from pathlib import Path

from bench.rows import Row, as_markdown

PARTS = ("proxy", "footprint", "recovery", "ingest", "prometheus_series", "polling")


def main() -> int:
    """Measure, print the table, keep the figures; return 1 when a `must` was missed."""
    chosen = sys.argv[1:] or list(PARTS)
    unknown = [part for part in chosen if part not in PARTS]
    if unknown:
        print(f"bench: no part {', '.join(unknown)}; there are {', '.join(PARTS)}", file=sys.stderr)
        return 2
    rows: list[Row] = []
    for part in chosen:
        print(f"measuring {part} ...", file=sys.stderr, flush=True)
        rows += importlib.import_module(f"bench.{part}").rows()
    print(f"Python {platform.python_version()}, {os.cpu_count()} cores, {platform.release()}\n")
    print(as_markdown(rows))
    kept = Path("artefacts/bench.json")
    kept.parent.mkdir(exist_ok=True)
    kept.write_text(
        json.dumps([{slot: getattr(row, slot) for slot in Row.__slots__} for row in rows], indent=1)
    )
    return int(any(row.verdict == "MISSED" for row in rows))


if __name__ == "__main__":
    sys.exit(main())

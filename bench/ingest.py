"""How many reports a second one core takes in: ours against Prometheus remote write and the pushgateway.

`python -m bench.ingest [SECONDS]`. Each server has one core and wrk another; only the one being measured runs, the others are
stopped meanwhile; rounds are interleaved, and the ratio is the median of the rounds' ratios. Every report is counted by the
server itself, answers other than success fail the run, and a window that the series lost does so too.
"""

from __future__ import annotations

import json
import os
import shutil
import statistics
import subprocess
import sys
import tempfile
import time
from dataclasses import dataclass
from pathlib import Path

from bench.ingest_peers import INSTANCES, PER_SERVICE, Peer, Prometheus, Pushgateway, Tagent
from bench.rows import Row, as_markdown

SCRIPT = Path(__file__).parent / "peers" / "ingest.lua"
SECONDS = 5.0
ROUNDS = 5
CONNECTIONS = {1: 32, PER_SERVICE: 4}


@dataclass(frozen=True, slots=True)
class Taken:
    """What one run of one server gave."""

    reports_per_s: float
    cpu_us: float
    """Of the server, for a report."""


def rows(seconds: float = SECONDS) -> list[Row]:
    """Measure, and return the rows of the table."""
    missing = [
        name for name in ("wrk", "prometheus", "prometheus-pushgateway") if not shutil.which(name)
    ]
    if missing:
        raise SystemExit(f"bench: install {', '.join(missing)} first (bench/install-peers)")
    with tempfile.TemporaryDirectory(dir=os.environ.get("TMPDIR")) as folder:
        single, batch = _compare(Path(folder), seconds)
        changing, commits_per_s = _changing(Path(folder), seconds)
    return [
        _row(
            "ingest, one report a request, authenticated, state committed, one core",
            single,
            0.7,
            1.0,
        ),
        _row("ingest, 100 reports a request, stored in SQLite, one core", batch, 1.0, 1.5),
        Row(
            "ingest, one report a request, each changing its instance's record, one core",
            "reports/s",
            changing.reports_per_s,
            note=f"durable when answered, {commits_per_s:.0f} commits/s; {changing.cpu_us:.0f} µs of processor a report",
        ),
    ]


Rounds = dict[str, list[Taken]]


def _compare(folder: Path, seconds: float) -> tuple[Rounds, Rounds]:
    peers: list[Peer] = [
        Tagent(folder / "tagent"),
        Prometheus(folder / "prometheus"),
        Pushgateway(folder / "pushgateway"),
    ]
    (folder / "tagent").mkdir()
    single: Rounds = {peer.name: [] for peer in peers}
    batch: Rounds = {peer.name: [] for peer in peers if not isinstance(peer, Pushgateway)}
    runs = Runs()
    started: list[Peer] = []
    try:
        for peer in peers:
            peer.start(core=0)
            started.append(peer)
            # So that every instance is known before anything is measured.
            if peer.name in batch:
                runs.run(peer, PER_SERVICE, 3.0)
            runs.run(peer, 1, 1.0)
            peer.pause()
        for _ in range(ROUNDS):
            for per, found in ((1, single), (PER_SERVICE, batch)):
                for peer in peers:
                    if peer.name in found:
                        peer.resume()
                        found[peer.name].append(runs.run(peer, per, seconds))
                        peer.pause()
    finally:
        for peer in started:
            peer.resume()
            peer.stop()
    return single, batch


def _changing(folder: Path, seconds: float) -> tuple[Taken, float]:
    peer = Tagent(folder / "changing", changing=True)
    (folder / "changing").mkdir()
    peer.start(core=0)
    try:
        runs = Runs()
        runs.run(peer, PER_SERVICE, 3.0)
        before = peer.commits()
        taken = runs.run(peer, 1, seconds)
        commits = peer.commits() - before
    finally:
        peer.stop()
    return taken, commits / seconds


class Runs:
    """Runs wrk; each run goes on where the last one of that server stopped, so that its numbers only grow."""

    def __init__(self) -> None:
        self._round = 1
        self._first_ms = int(time.time() * 1000)

    def run(self, peer: Peer, per: int, seconds: float) -> Taken:
        """Load one server with so many reports a request. Raises RuntimeError unless each was taken in."""
        before, cpu_before = peer.taken_in(), peer.cpu_s()
        result = self._wrk(peer, per, seconds)
        # Under way at the end of a run are requests that the server has taken in and wrk no longer counts.
        taken, cpu_s = peer.taken_in() - before, peer.cpu_s() - cpu_before
        sent = int(result["requests"]) * per
        if result["errors"] or not sent <= taken <= sent + CONNECTIONS[per] * per:
            raise RuntimeError(f"{peer.name}: {result}, {sent} reports answered, {taken} taken in")
        self._round += (taken + CONNECTIONS[per] * per) // INSTANCES + 2
        found = Taken(sent / (result["duration_us"] / 1e6), cpu_s / taken * 1e6)
        print(f"{peer.name}, {per} a request: {found}", file=sys.stderr, flush=True)
        return found

    def _wrk(self, peer: Peer, per: int, seconds: float) -> dict[str, float]:
        finished = subprocess.run(
            [
                *("taskset", "-c", "1", "wrk", "-t", "1", "-c", str(CONNECTIONS[per])),
                *(
                    "-d",
                    f"{max(1, round(seconds))}s",
                    "--timeout",
                    "10s",
                    "-s",
                    str(SCRIPT),
                    peer.url,
                    "--",
                ),
                *(peer.kind, str(per), str(peer.templates), str(self._round), str(self._first_ms)),
            ],
            capture_output=True,
            text=True,
            check=True,
        )
        for line in finished.stdout.splitlines():
            if line.startswith("RESULT "):
                found: dict[str, float] = json.loads(line.removeprefix("RESULT "))
                return found
        raise RuntimeError(f"wrk said nothing: {finished.stdout}{finished.stderr}")


def _row(what: str, rounds: Rounds, must: float, goal: float) -> Row:
    ours, theirs = rounds[Tagent.name], rounds[Prometheus.name]
    ratios = [a.reports_per_s / b.reports_per_s for a, b in zip(ours, theirs, strict=True)]
    per_s = {
        name: statistics.median(t.reports_per_s for t in taken) for name, taken in rounds.items()
    }
    cpu = ", ".join(
        f"{name} {statistics.median(t.cpu_us for t in taken):.1f}" for name, taken in rounds.items()
    )
    return Row(
        what,
        "of Prometheus",
        statistics.median(ratios),
        must=must,
        goal=goal,
        higher_is_better=True,
        peers=per_s,
        note=f"ratios {min(ratios):.2f} to {max(ratios):.2f}; processor µs a report: {cpu}",
    )


if __name__ == "__main__":
    print(as_markdown(rows(float(sys.argv[1]) if len(sys.argv) > 1 else SECONDS)))

"""`tagent demo`: breaks, heals, proves, and leaves nothing behind."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

from tests.e2e.test_up import alive, descendants

TAGENT = [sys.executable, "-m", "tagent_client.cli"]


def test_every_fault_is_real_and_everything_recovers_as_promised(
    tmp_path: Path,
) -> None:
    kept = {name: value for name, value in os.environ.items() if not name.startswith("TAGENT_")}
    homes = tmp_path / "homes"
    homes.mkdir()
    # A file: the report is longer than a pipe is deep, and we are busy reading what is said meanwhile.
    with (tmp_path / "report").open("w") as report_file:
        demo = subprocess.Popen(
            [*TAGENT, "demo", "--json"],
            env={**kept, "TMPDIR": str(homes)},
            stdin=subprocess.DEVNULL,
            stdout=report_file,
            stderr=subprocess.PIPE,
            text=True,
        )
    try:
        assert demo.stderr is not None
        below: set[int] = set()
        said = []
        for line in demo.stderr:
            said.append(line)
            below |= descendants(demo.pid)
        demo.communicate(timeout=60)
    finally:
        if demo.poll() is None:
            demo.kill()
            demo.communicate(timeout=60)
    assert demo.returncode == 0, "".join(said)
    report = json.loads((tmp_path / "report").read_text())
    assert report["kept"] is True
    assert set(report["trials"]) == {"latency", "error", "crash", "hang"}
    assert alive(below) == set()
    assert list(homes.iterdir()) == [], "its home is gone"

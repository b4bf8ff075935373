"""Google's Firestore emulator as a process, for as long as the tests of one pytest process run."""

from __future__ import annotations

import os
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from tests.fakes.processes import free_ports

ROOT = Path(__file__).resolve().parents[2]
TOOLS = Path(os.environ.get("TAGENT_TEST_TOOLS", ROOT.parent / "shared" / "tools"))
ABSENT = 3
"""How the tool ends where Java or the emulator is not on the machine."""


class NotHereError(Exception):
    """The emulator cannot be had on this machine; the text says why."""


@contextmanager
def firestore_emulator(port: int | None = None) -> Iterator[str]:
    """Give the address of a running emulator. Raises NotHereError."""
    tool = TOOLS / "firestore-emulator"
    if not tool.is_file():
        raise NotHereError(f"there is no {tool.name} in ../shared/tools")
    port = port or free_ports(1)[0]
    started = subprocess.run(
        [tool, "start", str(port)], capture_output=True, text=True, timeout=60, check=False
    )
    if started.returncode == ABSENT:
        raise NotHereError(started.stderr.strip())
    assert started.returncode == 0, started.stderr
    try:
        yield f"127.0.0.1:{port}"
    finally:
        subprocess.run([tool, "stop", str(port)], check=True, timeout=60)

"""Holds so many bytes of memory, every page touched, for so many seconds: `hold_memory.py BYTES TTL_S`."""

import mmap
import os
import signal
import sys
from contextlib import suppress

PIECE_BYTES = 1024 * 1024


def main() -> None:
    """Hold until the alarm, which nobody handles, ends the process."""
    size, ttl_s = int(sys.argv[1]), float(sys.argv[2])
    signal.setitimer(signal.ITIMER_REAL, ttl_s)
    # Should the machine run out of memory all the same, this process is the one to go.
    with suppress(OSError), open("/proc/self/oom_score_adj", "w") as score:  # noqa: PTH123 - pathlib takes longer to import than all of this
        score.write("1000")
    held = mmap.mmap(-1, size)
    piece = b"\x5a" * PIECE_BYTES
    for begin in range(0, size, PIECE_BYTES):
        held[begin : begin + PIECE_BYTES] = piece[: size - begin]
    os.write(1, b"ready\n")
    while True:
        signal.pause()


if __name__ == "__main__":
    main()

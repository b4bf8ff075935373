"""Stops processes that are not ours, and continues them whatever happens to us: `guard.py TTL_S PIDFD...`.

They are continued when standard input closes (the sidecar let go, or is gone) and when the time is over. The descriptors
pin the processes, so that a reused number is never hit. Unlike other processes of ours this one must outlive the
sidecar for a moment, so it is on no leash and leaves the sidecar's group.
"""

import os
import select
import signal
import sys


def send(descriptors: list[int], number: int) -> None:
    """Signal all that still run."""
    for descriptor in descriptors:
        try:
            signal.pidfd_send_signal(descriptor, number)
        except OSError:
            continue


def main() -> None:
    """Stop them, wait, continue them."""
    ttl_s, descriptors = float(sys.argv[1]), [int(word) for word in sys.argv[2:]]
    for number in (signal.SIGTERM, signal.SIGINT, signal.SIGHUP, signal.SIGPIPE):
        signal.signal(number, signal.SIG_IGN)
    try:
        send(descriptors, signal.SIGSTOP)
        os.write(1, b"ready\n")
        select.select([0], [], [], ttl_s)
    finally:
        send(descriptors, signal.SIGCONT)


if __name__ == "__main__":
    main()

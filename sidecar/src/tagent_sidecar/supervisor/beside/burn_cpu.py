"""Burns this share of one core for so many seconds: `burn_cpu.py LOAD_RATIO TTL_S`."""

import os
import signal
import sys
import time

PERIOD_S = 0.05


def main() -> None:
    """Burn until the alarm, which nobody handles, ends the process."""
    load_ratio, ttl_s = float(sys.argv[1]), float(sys.argv[2])
    signal.setitimer(signal.ITIMER_REAL, ttl_s)
    os.write(1, b"ready\n")
    period_begin = time.monotonic()
    while True:
        burn_until = period_begin + PERIOD_S * load_ratio
        while time.monotonic() < burn_until:
            pass
        # A period that came late, since others had the core, is not made up for.
        period_begin = max(period_begin + PERIOD_S, time.monotonic())
        time.sleep(max(0.0, period_begin - time.monotonic()))


if __name__ == "__main__":
    main()

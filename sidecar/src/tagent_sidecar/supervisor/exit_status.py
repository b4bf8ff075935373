"""How a process ended, in words. Pure."""

from __future__ import annotations

import signal


def signal_name(number: int) -> str:
    """Return `KILL` for 9; the number itself for one without a name."""
    try:
        return signal.Signals(number).name.removeprefix("SIG")
    except ValueError:
        return str(number)


def describe_exit(code: int) -> str:
    """Return `exit 1` or `signal KILL`; a negative code is a signal."""
    return f"signal {signal_name(-code)}" if code < 0 else f"exit {code}"

"""The machine's clock jumps by an hour, forth and back, while faults and checks run."""

from __future__ import annotations

import sys
import time
from pathlib import Path

import pytest

from tagent_contract.faults import EndReason, FaultState, Healing, Latency
from tagent_contract.health import Health
from tests.e2e.processes import eventually, holds
from tests.e2e.stack import TOY, Stack, stack

LIBRARIES = (
    "/usr/lib/x86_64-linux-gnu/faketime/libfaketime.so.1",
    "/usr/lib/aarch64-linux-gnu/faketime/libfaketime.so.1",
)
SILENCE_S = "12"
"""The default of what is OFFLINE, not the tests' quarter of it: an hour is more than either, and a busy machine is not."""


@pytest.mark.parametrize("jump", ["+1h", "-1h"])
def test_nothing_expires_early_or_late_and_nobody_goes_offline(tmp_path: Path, jump: str) -> None:
    library = next((path for path in LIBRARIES if Path(path).exists()), None)
    if library is None:
        pytest.skip("libfaketime (Debian: faketime) is not on this machine")
    offset = tmp_path / "offset"
    jump_by(offset, "+0")
    jumping = {
        "LD_PRELOAD": library,
        "FAKETIME_TIMESTAMP_FILE": str(offset),
        "FAKETIME_NO_CACHE": "1",
        "FAKETIME_DONT_FAKE_MONOTONIC": "1",
    }
    with stack(tmp_path, **jumping, TAGENT_OFFLINE_AFTER_S=SILENCE_S) as running:
        # The toy keeps the real clock: its threads would wait for the faked one.
        toy = ["env", "-u", "LD_PRELOAD", sys.executable, "-S", TOY, "--port", "{port}"]
        running.start_sidecar("chat-service", env=jumping, command=toy)
        with running.client() as client:
            asked_at = time.monotonic()
            fault = client.inject(
                "chat-service", Latency(latency_ms=1, ttl_s=6, healing=Healing.SUPPRESS)
            )
            eventually("it to be active", lambda: client.fault(fault.id).state is FaultState.ACTIVE)
            jump_by(offset, jump)
            holds("it stays active", lambda: client.fault(fault.id).state is FaultState.ACTIVE, 2.0)
            assert _never_offline(running)
            ended = eventually(
                "its end", lambda: (f := client.fault(fault.id)).state.is_final and f
            )
            assert ended.end_reason is EndReason.TTL
            assert 5.5 < time.monotonic() - asked_at < 30
            running.wait_for_health("chat-service", Health.HEALTHY)
            jump_by(offset, "+0")
            holds("nobody is OFFLINE", lambda: _never_offline(running), 2.0)
            running.wait_for_health("chat-service", Health.HEALTHY)
            assert client.service("chat-service").instances[0].incarnation == "1"


def jump_by(offset: Path, jump: str) -> None:
    """Set the clocks of everything that reads the file, which must never find it empty."""
    whole = offset.with_suffix(".new")
    whole.write_text(jump)
    whole.replace(offset)


def _never_offline(running: Stack) -> bool:
    return not [
        event for event in running.events("chat-service") if event.data.get("to") == "OFFLINE"
    ]

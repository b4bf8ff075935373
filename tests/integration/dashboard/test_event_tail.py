"""The event tail against the real platform, which dies and comes back."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable
from pathlib import Path

import pytest

from tagent_client.client import Client
from tagent_client.settings import ClientSettings
from tagent_dashboard.live.event_tail import EventTail
from tests.fakes.platform_process import PlatformProcess

pytestmark = [pytest.mark.integration, pytest.mark.timeout(180)]

HANG_S = 60


def eventually(condition: Callable[[], bool]) -> None:
    deadline = time.monotonic() + HANG_S
    while not condition():
        assert time.monotonic() < deadline
        time.sleep(0.02)


def reasons(tail: EventTail) -> list[str]:
    return [str(event.data.get("why")) for event in tail.events if event.type == "halt.set"]


def test_it_follows_through_the_platforms_death_and_return(tmp_path: Path) -> None:
    platform = PlatformProcess(tmp_path)
    platform.start()
    settings = ClientSettings(platform.url, platform.token("operator"), platform.home)
    woken = threading.Event()
    with Client(settings) as follower, Client(settings) as person:
        tail = EventTail(lambda: follower, woken.set, pause_s=0.1)
        tail.start()
        try:
            eventually(lambda: bool(tail.events))
            assert "platform.started" in [event.type for event in tail.events]
            woken.clear()
            person.halt("before")
            eventually(lambda: reasons(tail) == ["before"])
            assert woken.is_set()
            platform.kill()
            platform.start()
            person.release()
            person.halt("after")
            eventually(lambda: reasons(tail) == ["after", "before"])
            assert tail.problem == ""
        finally:
            tail.stop()
            platform.stop()

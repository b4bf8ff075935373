"""What a page's run says last reaches the browser, also when the next run is asked for before it was passed on."""

from __future__ import annotations

import asyncio
import threading
import time
from collections.abc import AsyncIterator
from dataclasses import dataclass, field
from pathlib import Path

import pytest
from streamlit.proto.BackMsg_pb2 import BackMsg
from streamlit.proto.ClientState_pb2 import ClientState
from streamlit.proto.ForwardMsg_pb2 import ForwardMsg
from streamlit.runtime import Runtime, RuntimeConfig
from streamlit.runtime.memory_media_file_storage import MemoryMediaFileStorage
from streamlit.runtime.memory_session_storage import MemorySessionStorage
from streamlit.runtime.memory_uploaded_file_manager import MemoryUploadedFileManager

from tagent_dashboard import ended_runs

pytestmark = pytest.mark.integration

PAGE = """
import streamlit as st

@st.fragment(run_every=1)
def live():
    st.write("live")

st.write("around it")
live()
"""
SCRIPT_THREAD = "ScriptRunner.scriptThread"
HANG_S = 60.0


@dataclass
class Browser:
    """What is sent to a page, and how the page asks for runs."""

    runtime: Runtime
    told: list[ForwardMsg] = field(default_factory=list)
    client_context: None = None
    session: str = ""

    def write_forward_msg(self, msg: ForwardMsg) -> None:
        self.told.append(msg)

    def ask(self, fragment: str = "") -> None:
        state = ClientState(fragment_id=fragment, is_auto_rerun=bool(fragment))
        self.runtime.handle_backmsg(self.session, BackMsg(rerun_script=state))

    async def hear(self, runs: int) -> list[ForwardMsg]:
        """Return what is sent until as many runs have ended."""
        async with asyncio.timeout(HANG_S):
            while len(endings(self.told)) < runs:
                await asyncio.sleep(0.01)
        told, self.told = self.told, []
        return told


@pytest.fixture
async def browser(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> AsyncIterator[Browser]:
    monkeypatch.setattr(Runtime, "_instance", None)
    page = tmp_path / "page.py"
    page.write_text(PAGE)
    runtime = Runtime(
        RuntimeConfig(
            script_path=str(page),
            media_file_storage=MemoryMediaFileStorage("/media"),
            uploaded_file_manager=MemoryUploadedFileManager("/files"),
            session_storage=MemorySessionStorage(),
        )
    )
    await runtime.start()
    one = Browser(runtime)
    one.session = runtime.connect_session(one, {})
    yield one
    runtime.stop()
    await runtime.stopped


async def test_a_run_that_ended_while_the_server_was_busy_is_heard_out(browser: Browser) -> None:
    ended_runs.hear_out()
    browser.ask()
    whole = await browser.hear(runs=1)
    fragment = next(each.delta.fragment_id for each in whole if each.delta.fragment_id)
    browser.ask()
    keep_the_loop_busy_until_the_run_ended()
    browser.ask(fragment)
    told = await browser.hear(runs=2)
    assert places(told) == places(whole)
    assert endings(told) == [
        ForwardMsg.FINISHED_SUCCESSFULLY,
        ForwardMsg.FINISHED_FRAGMENT_RUN_SUCCESSFULLY,
    ]


def places(told: list[ForwardMsg]) -> set[tuple[int, ...]]:
    """Return where on the page something is drawn."""
    drawn = (each for each in told if each.WhichOneof("type") == "delta")
    return {tuple(each.metadata.delta_path) for each in drawn}


def endings(told: list[ForwardMsg]) -> list[int]:
    return [each.script_finished for each in told if each.WhichOneof("type") == "script_finished"]


def keep_the_loop_busy_until_the_run_ended() -> None:
    until = time.monotonic() + HANG_S
    while any(thread.name == SCRIPT_THREAD for thread in threading.enumerate()):
        assert time.monotonic() < until
        time.sleep(0.01)

"""What a page's run says last reaches the browser, also when the next run begins before it was passed on.

Streamlit (1.67) takes a run that has ended for one that it stopped, as soon as the next begins, and throws away what the server, if it was busy,
had not passed on yet: what a person asked for is not shown, or the page stands still. Since `runner.fastReruns` is off, no run is stopped for
the next, and what comes from an earlier one is only late.
"""

# ruff: noqa: SLF001 - Streamlit offers no other way; the version is held, and a test fails when this has no effect any more.

from __future__ import annotations

from typing import Any

from streamlit.runtime.app_session import AppSession
from streamlit.runtime.scriptrunner import ScriptRunner, ScriptRunnerEvent


def hear_out() -> None:
    """Let every session pass on what its runs said, in the order in which they said it. To be called once, before there are sessions."""
    pass_on = AppSession._handle_scriptrunner_event_on_event_loop

    def pass_on_late(
        session: AppSession, sender: ScriptRunner | None, event: ScriptRunnerEvent, *told: Any
    ) -> None:
        current = session._scriptrunner
        if sender is None or sender is current or event is ScriptRunnerEvent.SHUTDOWN:
            pass_on(session, sender, event, *told)
            return
        session._scriptrunner = sender
        try:
            pass_on(session, sender, event, *told)
        finally:
            session._scriptrunner = current

    AppSession._handle_scriptrunner_event_on_event_loop = pass_on_late  # type: ignore[assignment, method-assign]

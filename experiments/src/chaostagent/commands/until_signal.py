"""Work that ends by itself or by a signal, and in order either way."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Coroutine
from typing import Any

from tagent_client.cli.launch.signals import EndOfRun

INTERRUPTED = 130


async def until_signal(
    work: Coroutine[Any, Any, int], asked_to_end: Callable[[], None]
) -> tuple[int, EndOfRun]:
    """Return the work's exit code, and by which signal it ended, if by one.

    A signal cancels the work, which may then take its time to put right what it began; further signals change nothing.
    """
    end = EndOfRun()
    end.listen()
    task = asyncio.ensure_future(work)
    asked = asyncio.ensure_future(end.asked.wait())
    await asyncio.wait([task, asked], return_when=asyncio.FIRST_COMPLETED)
    if not task.done():
        asked_to_end()
        task.cancel()
    try:
        code = await task
    except asyncio.CancelledError:
        code = INTERRUPTED
    finally:
        asked.cancel()
    return code, end

"""Find out whether what is in memory still is what storage holds. Called by the control loop."""

from __future__ import annotations

from tagent_platform.ports.store import StoreUnavailableError
from tagent_platform.usecases.platform import Platform


async def confirm_store(platform: Platform) -> bool:
    """Return whether storage agreed. Sidecars keep injecting only while it does; when it is back, everybody's silence counts anew."""
    began = platform.clock.monotonic()
    try:
        await platform.store.confirm()
    except StoreUnavailableError:
        platform.store_watch.failed()
        return False
    if platform.store_watch.confirmed(began):
        platform.contacts.grant_grace(platform.clock.monotonic(), platform.clock.now())
    return True

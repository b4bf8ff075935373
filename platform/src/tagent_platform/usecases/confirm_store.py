"""Find out whether what is in memory still is what storage holds, and tell the other processes of this one."""

from __future__ import annotations

from tagent_platform.ports.store import StoreUnavailableError
from tagent_platform.usecases.exchange_hearsay import hearsay_of
from tagent_platform.usecases.platform import Platform


async def confirm_store(platform: Platform) -> bool:
    """Return whether storage agreed. Sidecars keep injecting only while it does; when it is back, everybody's silence counts anew.

    So it does after an answer that took too long: whom the others heard meanwhile was not told here either.
    """
    began = platform.clock.monotonic()
    try:
        if platform.replicas is not None:
            await platform.replicas.beat(hearsay_of(platform))
        await platform.store.confirm()
    except StoreUnavailableError:
        platform.store_watch.failed()
        return False
    was_deaf = platform.is_cut_off
    if platform.store_watch.confirmed(began) or was_deaf:
        platform.contacts.grant_grace(platform.clock.monotonic(), platform.clock.now())
    return True

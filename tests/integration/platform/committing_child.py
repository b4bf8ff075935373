"""Opens a store and commits as fast as it can, printing each number once its commit is acknowledged, until it is killed."""

from __future__ import annotations

import asyncio
import sys
from pathlib import Path

from tagent_contract.events import EventType
from tagent_platform.adapters.store.sqlite import SqliteStore
from tagent_platform.core.records import ServiceRecord
from tagent_platform.ports.store import Change, NewEvent

COMMITTERS = 8


async def main(path: Path, first: int) -> None:
    store = SqliteStore(path)
    print("open", flush=True)
    number = first

    async def commit_on(service: str) -> None:
        nonlocal number
        while True:
            mine, number = number, number + 1
            record = ServiceRecord(name=f"record-{mine}", detail=service)
            event = NewEvent(service, 1_800_000_000.0, EventType.HEALTH_CHANGED, str(mine))
            await store.commit([Change(ServiceRecord, record.name, record, 0)], [event])
            print(mine, flush=True)

    await asyncio.gather(*(commit_on(f"service-{n}") for n in range(COMMITTERS)))


if __name__ == "__main__":
    asyncio.run(main(Path(sys.argv[1]), int(sys.argv[2])))

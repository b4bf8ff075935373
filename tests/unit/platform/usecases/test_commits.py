"""Many decisions in few commits, and each still holds or is decided again by itself."""

from __future__ import annotations

from collections.abc import Sequence
from functools import partial

from tagent_platform.adapters.store.memory import MemoryStore
from tagent_platform.core.records import ServiceRecord
from tagent_platform.ports.store import Change, Guard, NewEvent
from tagent_platform.usecases.commits import TOGETHER_MAX, Decision, commit_together
from tagent_platform.usecases.platform import Platform
from tests.fakes.house import House


class CountingStore(MemoryStore):
    """Counts commits, and lets somebody else write in between once."""

    def __init__(self) -> None:
        super().__init__()
        self.commits = 0
        self.meanwhile: Change | None = None

    async def commit(
        self, changes: Sequence[Change | Guard], events: Sequence[NewEvent] = ()
    ) -> int:
        self.commits += 1
        meanwhile, self.meanwhile = self.meanwhile, None
        if meanwhile is not None:
            await super().commit([meanwhile])
        return await super().commit(changes, events)


def note(platform: Platform, name: str) -> Decision[None]:
    """Put one more mark on a service, if it has none of this kind yet."""
    held = platform.store.get(ServiceRecord, name)
    record = ServiceRecord(name=name) if held is None else held.record
    if record.detail.endswith("+"):
        return Decision(None)
    marked = ServiceRecord(name=name, detail=f"{record.detail}+")
    version = 0 if held is None else held.version
    return Decision(None, [Change(ServiceRecord, name, marked, version)])


async def test_many_decisions_take_few_commits() -> None:
    store = CountingStore()
    platform = House(store).platform
    names = [f"s-{number}" for number in range(2 * TOGETHER_MAX + 1)]
    await commit_together(platform, [partial(note, platform, name) for name in names])
    assert store.commits == 3
    assert set(store.all(ServiceRecord)) == set(names)
    await commit_together(platform, [partial(note, platform, name) for name in names])
    assert store.commits == 3


async def test_what_conflicts_is_decided_again_and_nothing_is_done_twice() -> None:
    store = CountingStore()
    platform = House(store).platform
    store.meanwhile = Change(ServiceRecord, "b", ServiceRecord(name="b", detail="theirs"), 0)
    await commit_together(platform, [partial(note, platform, name) for name in "abc"])
    details = {name: held.record.detail for name, held in store.all(ServiceRecord).items()}
    assert details == {"a": "+", "b": "theirs+", "c": "+"}

"""The SQLite store on real files that are killed, filled, locked, damaged and taken away."""

from __future__ import annotations

import asyncio
import os
import resource
import shutil
import sqlite3
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from tagent_contract.events import EventType
from tagent_platform.adapters.store.sqlite import SqliteStore
from tagent_platform.core.records import ServiceRecord
from tagent_platform.ports.store import Change, EventQuery, NewEvent, StoreUnavailableError

pytestmark = pytest.mark.integration

CHILD = Path(__file__).with_name("committing_child.py")
HANG_S = 60


def put(name: str, detail: str = "", expected: int = 0) -> Change:
    return Change(ServiceRecord, name, ServiceRecord(name=name, detail=detail), expected)


def event(text: str = "it happened") -> NewEvent:
    return NewEvent("chat", 1_800_000_000.0, EventType.HEALTH_CHANGED, text)


@contextmanager
def child_on(path: Path, first: int = 0) -> Iterator[subprocess.Popen[str]]:
    """Run a child that commits; kill -9 it at the end."""
    child = subprocess.Popen(
        [sys.executable, str(CHILD), str(path), str(first)], stdout=subprocess.PIPE, text=True
    )
    try:
        yield child
    finally:
        child.kill()
        child.wait(HANG_S)
        assert child.stdout is not None
        child.stdout.close()


def numbers(child: subprocess.Popen[str], until: int | None = None) -> Iterator[int]:
    assert child.stdout is not None
    for line in child.stdout:
        # The kill may cut the last line: without its newline it was not acknowledged.
        if line.strip().isdigit() and line.endswith("\n"):
            yield int(line)
            until = None if until is None else until - 1
        if until == 0:
            return


async def test_kill_9_in_the_middle_of_commits_loses_nothing_acknowledged(tmp_path: Path) -> None:
    path = tmp_path / "state.db"
    acknowledged: set[int] = set()
    for round_ in range(4):
        with child_on(path, first=round_ * 1_000_000) as child:
            acknowledged.update(numbers(child, until=50 + 70 * round_))
            child.kill()
            acknowledged.update(numbers(child))
        store = SqliteStore(path)
        try:
            records = {name.removeprefix("record-") for name in store.all(ServiceRecord)}
            events = []
            cursor = None
            while page := await store.read_events(EventQuery(after=cursor, limit=1000)):
                events += page
                cursor = page[-1].cursor
        finally:
            await store.close()
        assert len(acknowledged) >= 50
        assert {str(number) for number in acknowledged} <= records
        assert {one.text for one in events} == records, "a commit is whole or nothing"
        for service in {one.service for one in events}:
            found = [one.sequence for one in events if one.service == service]
            assert found == list(range(1, len(found) + 1))


async def test_a_second_platform_is_refused_until_the_first_one_is_gone_even_by_kill_9(
    tmp_path: Path,
) -> None:
    path = tmp_path / "state.db"
    with child_on(path) as child:
        next(numbers(child))
        with pytest.raises(StoreUnavailableError) as refused:
            SqliteStore(path)
        assert str(path) in str(refused.value)
        assert str(child.pid) in str(refused.value)
        link = tmp_path / "other-name.db"
        link.symlink_to(path)
        with pytest.raises(StoreUnavailableError, match="in use"):
            SqliteStore(link)
    store = SqliteStore(path)
    await store.commit([put("chat")])
    await store.close()


async def test_a_second_store_in_the_same_process_is_refused_too(tmp_path: Path) -> None:
    store = SqliteStore(tmp_path / "state.db")
    with pytest.raises(StoreUnavailableError, match=str(os.getpid())):
        SqliteStore(tmp_path / "state.db")
    await store.commit([put("chat")])
    await store.close()
    await store.close()
    with pytest.raises(StoreUnavailableError, match="closed"):
        await store.commit([put("other")])


async def fill_until_refused(store: SqliteStore) -> tuple[int, StoreUnavailableError]:
    """Commit large records until the store says that it cannot; return how many it took."""
    for number in range(10_000):
        try:
            await store.commit([put(f"big-{number}", "x" * 20_000)], [event(str(number))])
        except StoreUnavailableError as error:
            return number, error
    raise AssertionError("the disk never got full")


async def assert_whole(store: SqliteStore, taken: int) -> None:
    assert set(store.all(ServiceRecord)) == {f"big-{number}" for number in range(taken)}
    events = await store.read_events(EventQuery(limit=100_000))
    assert [one.text for one in events] == [str(number) for number in range(taken)]
    assert [one.sequence for one in events] == list(range(1, taken + 1))


async def test_a_file_that_may_not_grow_refuses_whole_commits_and_works_again(
    tmp_path: Path,
) -> None:
    store = SqliteStore(tmp_path / "state.db")
    soft, hard = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (1_000_000, hard))
    try:
        taken, _ = await fill_until_refused(store)
        assert taken > 5
        results = await asyncio.gather(
            *(store.commit([put(f"more-{n}", "x" * 50_000)], [event()]) for n in range(5)),
            return_exceptions=True,
        )
        assert all(isinstance(result, StoreUnavailableError) for result in results)
        await assert_whole(store, taken)
        await store.confirm()
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, (soft, hard))
    await store.commit([put(f"big-{taken}", "x" * 20_000)], [event(str(taken))])
    await assert_whole(store, taken + 1)
    await store.close()
    store = SqliteStore(tmp_path / "state.db")
    await assert_whole(store, taken + 1)
    await store.close()


@contextmanager
def small_disk(folder: Path, options: str = "size=1m") -> Iterator[Path]:
    if os.geteuid() != 0 or shutil.which("mount") is None:
        pytest.skip("mounting a small disk needs root")
    folder.mkdir()
    mounted = subprocess.run(["mount", "-t", "tmpfs", "-o", options, "tmpfs", folder], check=False)
    if mounted.returncode != 0:
        pytest.skip("this machine does not let root mount")
    try:
        yield folder
    finally:
        subprocess.run(["umount", folder], check=True)


async def test_a_full_disk_refuses_whole_commits_and_works_again_when_there_is_room(
    tmp_path: Path,
) -> None:
    with small_disk(tmp_path / "disk") as disk:
        ballast = disk / "ballast"
        ballast.write_bytes(b"x" * 300_000)
        store = SqliteStore(disk / "state.db")
        taken, error = await fill_until_refused(store)
        assert taken > 1
        assert "full" in str(error)
        await assert_whole(store, taken)
        await store.confirm()
        ballast.unlink()
        await store.commit([put(f"big-{taken}", "x" * 20_000)], [event(str(taken))])
        await assert_whole(store, taken + 1)
        await store.close()
        store = SqliteStore(disk / "state.db")
        await assert_whole(store, taken + 1)
        await store.close()


async def test_a_read_only_disk_is_a_clear_error_at_start_and_forgotten_when_it_is_writable(
    tmp_path: Path,
) -> None:
    with small_disk(tmp_path / "disk") as disk:
        store = SqliteStore(disk / "state.db")
        await store.commit([put("chat")])
        await store.close()
        subprocess.run(["mount", "-o", "remount,ro", disk], check=True)
        with pytest.raises(StoreUnavailableError, match="Read-only") as refused:
            SqliteStore(disk / "state.db")
        assert str(disk) in str(refused.value)
        subprocess.run(["mount", "-o", "remount,rw", disk], check=True)
        store = SqliteStore(disk / "state.db")
        assert list(store.all(ServiceRecord)) == ["chat"]
        await store.close()


async def make_state(path: Path) -> None:
    store = SqliteStore(path)
    for number in range(200):
        await store.commit([put(f"record-{number}", "x" * 500)], [event()])
    await store.close()


def wipe_pages(path: Path) -> None:
    content = bytearray(path.read_bytes())
    content[4096 * 3 : 4096 * 12] = os.urandom(4096 * 9)
    path.write_bytes(content)


def write_text(path: Path) -> None:
    path.write_text("this is a shopping list " * 1000)


def write_other_database(path: Path) -> None:
    path.unlink()
    with sqlite3.connect(path) as connection:
        connection.execute("CREATE TABLE shopping (what)")
    connection.close()


def write_newer(path: Path) -> None:
    with sqlite3.connect(path) as connection:
        connection.execute("PRAGMA user_version = 99")
    connection.close()


def spoil_record(path: Path) -> None:
    with sqlite3.connect(path) as connection:
        connection.execute("UPDATE records SET body = '{}' WHERE key = 'record-7'")
    connection.close()


def lose_meta(path: Path) -> None:
    with sqlite3.connect(path) as connection:
        connection.execute("DELETE FROM meta")
    connection.close()


@pytest.mark.parametrize(
    ("spoil", "says"),
    [
        (wipe_pages, "damaged"),
        (write_text, "no SQLite file"),
        (write_other_database, "another program's"),
        (write_newer, "newer Tagent .layout 99"),
        (spoil_record, "'record-7' that cannot be read"),
        (lose_meta, "damaged"),
    ],
)
async def test_a_file_that_cannot_be_used_is_refused_at_start_with_the_reason_and_left_alone(
    tmp_path: Path, spoil: object, says: str
) -> None:
    path = tmp_path / "state.db"
    await make_state(path)
    assert callable(spoil)
    spoil(path)
    before = path.read_bytes()
    for _ in range(2):
        with pytest.raises(StoreUnavailableError, match=says) as refused:
            SqliteStore(path)
        assert str(path) in str(refused.value)
        assert "\n" not in str(refused.value)
    assert path.read_bytes() == before


async def test_a_folder_that_cannot_be_made_is_a_clear_error(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    with pytest.raises(StoreUnavailableError, match="cannot make"):
        SqliteStore(tmp_path / "file" / "state.db")


@pytest.mark.parametrize("replaced", [False, True])
async def test_a_file_taken_away_under_the_running_platform_is_noticed(
    tmp_path: Path, replaced: bool
) -> None:
    path = tmp_path / "state.db"
    store = SqliteStore(path)
    await store.commit([put("chat")])
    away = tmp_path / "away.db"
    if replaced:
        shutil.copy(path, away)
        path.rename(tmp_path / "old.db")
        away.rename(path)
    else:
        path.rename(away)
    for attempt in (store.confirm(), store.commit([put("other")])):
        with pytest.raises(StoreUnavailableError, match="removed or replaced"):
            await attempt
    assert list(store.all(ServiceRecord)) == ["chat"]
    await store.close()


async def test_storage_that_cannot_be_read_is_not_confirmed_until_it_can(tmp_path: Path) -> None:
    path = tmp_path / "state.db"
    await make_state(path)
    store = SqliteStore(path)
    await store.confirm()
    good = path.read_bytes()
    with path.open("r+b") as file:
        file.write(b"\0" * 4096)
    with pytest.raises(StoreUnavailableError):
        await store.confirm()
    with path.open("r+b") as file:
        file.write(good[:4096])
    await store.confirm()
    await store.close()


async def test_a_foreign_commit_in_the_file_is_not_confirmed(tmp_path: Path) -> None:
    path = tmp_path / "state.db"
    store = SqliteStore(path)
    await store.commit([put("chat")])
    other = sqlite3.connect(path)
    with other:
        other.execute("UPDATE meta SET value = 77 WHERE name = 'version'")
    other.close()
    with pytest.raises(StoreUnavailableError, match="77"):
        await store.confirm()
    await store.close()


async def test_the_files_are_for_their_owner_alone_and_the_log_is_folded_in_at_the_end(
    tmp_path: Path,
) -> None:
    path = tmp_path / "state.db"
    store = SqliteStore(path)
    await asyncio.gather(*(store.commit([put(f"s{n}", "x" * 5000)]) for n in range(2000)))
    for file in tmp_path.iterdir():
        assert file.stat().st_mode & 0o077 == 0, file
    assert (tmp_path / "state.db-wal").stat().st_size < 40_000_000
    await store.close()
    assert not (tmp_path / "state.db-wal").exists()

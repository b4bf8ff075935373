"""What processes use, measured on real ones; and cgroup limits, read from files as the kernel writes them."""

from __future__ import annotations

import os
import subprocess
import sys
import time
from pathlib import Path

import pytest

from tagent_sidecar.supervisor.cgroup import CgroupLimits, read_limits
from tagent_sidecar.supervisor.proc import children_of, family_of, process_state
from tagent_sidecar.supervisor.process_figures import ProcessMeter, memory_free_bytes
from tests.fakes.service_listener import eventually

pytestmark = [
    pytest.mark.integration,
    pytest.mark.skipif(sys.platform != "linux", reason="reads /proc"),
]
BUSY = "while :; do :; done"


async def test_the_service_is_measured_with_its_descendants() -> None:
    with subprocess.Popen(["sh", "-c", f"sh -c '{BUSY}' & sleep 1000 & wait"]) as process:
        family = [process.pid]
        try:
            await eventually(lambda: len(family_of(process.pid)) == 3)
            family = family_of(process.pid)
            assert sorted(children_of(process.pid)) == sorted(family[1:])
            meter, begun = ProcessMeter(), time.monotonic()
            first = meter.look(process.pid, begun)
            assert (first.cpu_ratio, first.threads) == (None, 3)
            assert first.rss_bytes is not None
            assert first.rss_bytes > 3 * 100_000
            assert first.descriptors is not None
            assert first.descriptors >= 9
            await eventually(
                lambda: (meter.look(process.pid, time.monotonic()).cpu_ratio or 0) > 0.1
            )
        finally:
            for pid in family:
                os.kill(pid, 9)


def test_an_unknown_or_dead_service_has_no_figures_but_the_sidecar_has() -> None:
    meter = ProcessMeter()
    for pid in (None, 2**22 + 1):
        figures = meter.look(pid, time.monotonic())
        assert (figures.cpu_ratio, figures.rss_bytes, figures.descriptors, figures.threads) == (
            None,
            None,
            None,
            None,
        )
        assert figures.sidecar_rss_bytes is not None
        assert figures.sidecar_rss_bytes > 5_000_000
    assert figures.sidecar_cpu_ratio is not None


def test_a_new_incarnation_is_not_charged_for_what_was_before() -> None:
    with subprocess.Popen(["sleep", "1000"]) as process:
        try:
            meter = ProcessMeter()
            meter.look(os.getpid(), 100.0)
            assert meter.look(process.pid, 105.0).cpu_ratio == 0.0
        finally:
            process.kill()


def test_nobody_knows_a_process_that_is_gone() -> None:
    assert process_state(2**22 + 1) == ""
    assert children_of(2**22 + 1) == []
    assert family_of(2**22 + 1) == [2**22 + 1]


def test_some_memory_is_free(tmp_path: Path) -> None:
    free = memory_free_bytes()
    assert free is not None
    assert free > 1_000_000
    odd = tmp_path / "meminfo"
    odd.write_text("MemTotal: 100 kB\nMemAvailable:   50 kB\n")
    assert memory_free_bytes(odd) == 50 * 1024
    odd.write_text("MemAvailable: lots\n")
    assert memory_free_bytes(odd) in {None, read_limits().memory_room_bytes}


def write(folder: Path, **files: str) -> None:
    folder.mkdir(parents=True, exist_ok=True)
    for name, text in files.items():
        (folder / name.replace("__", ".")).write_text(text)


def test_cgroup_2_gives_the_tightest_limit_on_the_way_up(tmp_path: Path) -> None:
    own = tmp_path / "own"
    own.write_text("0::/pods/mine\n")
    root = tmp_path / "cgroup"
    write(root, cpu__max="max 100000\n")
    write(root / "pods", cpu__max="150000 100000\n", memory__max="1000\n", memory__current="900\n")
    write(
        root / "pods/mine",
        cpu__max="max 100000\n",
        memory__max="5000\n",
        memory__current="100\n",
    )
    assert read_limits(root, own) == CgroupLimits(
        cpu_ratio=1.5, memory_bytes=1000, memory_room_bytes=100
    )


def test_cgroup_1_is_read_by_its_controllers(tmp_path: Path) -> None:
    own = tmp_path / "own"
    own.write_text("4:memory:/docker/x\n3:cpu,cpuacct:/docker/x\n2:freezer:/docker/x\n")
    root = tmp_path / "cgroup"
    write(root / "cpu,cpuacct", cpu__cfs_quota_us="50000\n", cpu__cfs_period_us="100000\n")
    write(
        root / "memory",
        memory__limit_in_bytes="2000\n",
        memory__usage_in_bytes="500\n",
    )
    assert read_limits(root, own) == CgroupLimits(
        cpu_ratio=0.5, memory_bytes=2000, memory_room_bytes=1500
    )


@pytest.mark.parametrize(
    "files",
    [
        {},
        {"cpu__max": "max 100000\n", "memory__max": "max\n"},
        {"cpu__max": "", "memory__max": "rubbish\n"},
        {"cpu__cfs_quota_us": "-1\n", "cpu__cfs_period_us": "100000\n"},
        {"memory__limit_in_bytes": "9223372036854771712\n"},
    ],
)
def test_no_limit_is_no_number(tmp_path: Path, files: dict[str, str]) -> None:
    own = tmp_path / "own"
    own.write_text("0::/\n")
    write(tmp_path / "cgroup", **files)
    assert read_limits(tmp_path / "cgroup", own) == CgroupLimits()


def test_without_cgroups_there_are_no_limits(tmp_path: Path) -> None:
    assert read_limits(tmp_path, tmp_path / "missing") == CgroupLimits()

from __future__ import annotations

import pytest

from tagent_sidecar.supervisor.capabilities import ProcessFaultGround, process_capabilities

ALL = ("cpu", "crash", "hang", "memory")


@pytest.mark.parametrize(
    ("is_linux", "has_pidfd", "is_child", "has_pid_file", "able"),
    [
        (True, True, True, False, ALL),
        (True, False, True, False, ALL),
        (True, True, False, True, ALL),
        (True, False, False, True, ("cpu", "memory")),
        (True, True, False, False, ("cpu", "memory")),
        (False, False, True, False, ()),
    ],
)
def test_what_cannot_be_applied_is_missing_with_a_reason(
    is_linux: bool, has_pidfd: bool, is_child: bool, has_pid_file: bool, able: tuple[str, ...]
) -> None:
    ground = ProcessFaultGround(is_linux, has_pidfd, is_child, has_pid_file)
    found, missing = process_capabilities(ground)
    assert found == able
    assert set(missing) == set(ALL) - set(able)
    assert all(missing.values())


def test_the_reason_says_what_to_do() -> None:
    _, missing = process_capabilities(ProcessFaultGround(True, True, False, False))
    assert "--pid-file" in missing["crash"]


def test_on_cloud_run_only_a_service_in_our_own_container_can_be_reached() -> None:
    beside = ProcessFaultGround(True, True, False, False, is_cloud_run=True)
    able, missing = process_capabilities(beside)
    assert able == ()
    assert all("container" in reason for reason in missing.values())
    child = ProcessFaultGround(True, True, True, False, is_cloud_run=True)
    assert process_capabilities(child) == (ALL, {})

"""Which process faults this sidecar can apply, and why not the others. Pure."""

from __future__ import annotations

from dataclasses import dataclass

from tagent_contract.faults import PROCESS_FAULTS


@dataclass(frozen=True, slots=True)
class ProcessFaultGround:
    """What the process faults stand on, on this machine."""

    is_linux: bool
    has_pidfd: bool
    is_child: bool
    has_pid_file: bool
    is_cloud_run: bool = False
    """Each container has processes, a CPU and memory of its own."""


def process_capabilities(ground: ProcessFaultGround) -> tuple[tuple[str, ...], dict[str, str]]:
    """Return the types that can be applied, and for each of the others why not."""
    reasons = {kind: _why_not(kind, ground) for kind in sorted(PROCESS_FAULTS)}
    able = tuple(kind for kind, reason in reasons.items() if not reason)
    return able, {kind: reason for kind, reason in reasons.items() if reason}


def _why_not(kind: str, ground: ProcessFaultGround) -> str:
    if not ground.is_linux:
        return "needs Linux"
    if ground.is_cloud_run and not ground.is_child:
        return (
            "on Cloud Run each container has processes, CPU and memory of its own: start the service in the sidecar's container, "
            "with `-- CMD`"
        )
    if kind in {"cpu", "memory"}:
        return ""
    if not ground.is_child and not ground.has_pid_file:
        return "the service's process is not known: start it with `-- CMD`, or give `--pid-file`"
    if not ground.is_child and not ground.has_pidfd:
        return (
            "needs a kernel with pidfd (5.3 or newer) for a process that is not the sidecar's child"
        )
    return ""

"""What an experiment may do to services, through the platform or, on this machine, to Tagent's own processes."""

# No postponed annotations: `chaos discover` reads the types.
import logging
import time
from typing import Any, Dict, List

from chaoslib.exceptions import ActivityFailed
from chaoslib.types import Configuration, Secrets

from chaostagent.connection import connect
from chaostagent.current_run import current
from chaostagent.local_processes import kill_and_keep_dead, process_of
from chaostagent.waiting import wait_for
from tagent_contract.faults import FaultState, FaultView

__all__ = [
    "clear_faults",
    "halt",
    "inject_fault",
    "kill_process",
    "recover_service",
    "release",
    "restart_service",
    "wait",
]
logger = logging.getLogger("chaostoolkit")

ACKNOWLEDGED_WITHIN_S = 15.0


def inject_fault(
    service: str,
    type: str = "latency",  # noqa: A002 — the wire's word
    ttl_s: float = 60.0,
    parameters: Dict[str, Any] = None,
    scope: str = "instance",
    healing: str = "act",
    probability: float = 1.0,
    match: Dict[str, Any] = None,
    instances: List[str] = None,
    configuration: Configuration = None,
    secrets: Secrets = None,
) -> Dict[str, Any]:
    """Inject a fault, and return once its sidecars have acknowledged it.

    `parameters` are the type's own, such as `latency_ms`. The fault carries the run's id, and ends with the run at the latest. Fails when the
    platform refuses it, or no sidecar takes it up.
    """
    run = current()
    fault = {
        "type": type,
        "ttl_s": ttl_s,
        "scope": scope,
        "healing": healing,
        "probability": probability,
        "reason": f"experiment {run.experiment}" if run.experiment else "an experiment",
        **(parameters or {}),
    }
    if match:
        fault["match"] = match
    if instances:
        fault["target"] = {"instances": instances}
    if run.id is not None:
        fault["run_id"] = run.id
    client = connect(secrets)
    armed = client.inject(service, fault)
    logger.info("Fault %s (%s) is armed on %s", armed.id, type, service)

    def taken_up() -> FaultView | None:
        seen = client.fault(armed.id)
        return None if seen.state is FaultState.PENDING else seen

    seen = wait_for(taken_up, ACKNOWLEDGED_WITHIN_S)
    if seen is None or seen.state is FaultState.FAILED:
        detail = next((each.detail for each in seen.targets if each.detail), "") if seen else ""
        why = (seen.end_reason or "failed") if seen else "no acknowledgement"
        raise ActivityFailed(f"the fault did not take effect on {service}: {why} {detail}".strip())
    return {"id": seen.id, "service": service, "type": type, "state": seen.state.value}


def clear_faults(
    service: str,
    ended_within_s: float = 20.0,
    configuration: Configuration = None,
    secrets: Secrets = None,
) -> List[str]:
    """End the run's faults on a service, and return their ids once all ends are acknowledged.

    Outside a run, all faults of the service. A run that was not let in has none, and ends nobody else's.
    """
    run = current()
    if run.refused:
        return []
    client = connect(secrets)

    def unended() -> List[FaultView]:
        found = client.faults(service=service, active=True)
        return [each for each in found if run.id is None or each.fault.run_id == run.id]

    cleared = wait_for(unended, ended_within_s) or []
    for fault in cleared:
        if fault.state is not FaultState.ENDING:
            client.end_fault(fault.id, "the experiment's rollback")
    if wait_for(lambda: None if unended() else True, ended_within_s) is None:
        raise ActivityFailed(f"faults on {service} have not ended within {ended_within_s:g} s")
    return [fault.id for fault in cleared]


def halt(
    reason: str = "experiment", configuration: Configuration = None, secrets: Secrets = None
) -> str:
    """End all faults everywhere, and refuse new ones until released."""
    current().halted = True
    return connect(secrets).halt(reason).reason


def release(configuration: Configuration = None, secrets: Secrets = None) -> bool:
    """Accept faults again; false when nothing was halted. As a rollback it releases only what the run itself halted."""
    run, client = current(), connect(secrets)
    if run.is_ending and not run.halted:
        return False
    if not client.halt_state().halted:
        return False
    client.release("the experiment is over")
    run.halted = False
    return True


def restart_service(
    service: str,
    reason: str = "experiment",
    configuration: Configuration = None,
    secrets: Secrets = None,
) -> str:
    """Let the platform restart a service, and return the id of the incident that tells of it."""
    current().disturbed.append(f"{service} was restarted")
    return connect(secrets).restart(service, reason).id


def recover_service(
    service: str,
    reason: str = "experiment",
    configuration: Configuration = None,
    secrets: Secrets = None,
) -> str:
    """Let the platform end a service's faults and restart it, and return the id of the incident that tells of it."""
    return connect(secrets).recover(service, reason).id


def kill_process(
    part: str,
    service: str = "",
    dead_for_s: float = 0.0,
    configuration: Configuration = None,
    secrets: Secrets = None,
) -> Dict[str, Any]:
    """Kill a process of the `tagent up` of this home with SIGKILL, and again whenever it is back, until `dead_for_s` have passed.

    `part` is `platform`, or a service's `sidecar` or the `service` itself. Nothing is left behind: `up` starts it again, also when this process is
    killed in between. Fails where no `tagent up` of this home runs the platform that is asked.
    """
    target = process_of(connect(secrets).settings, part, service)
    started = time.monotonic()
    current().disturbed.append(f"{target.name} was killed")
    kills = kill_and_keep_dead(target, dead_for_s)
    return {
        "part": part,
        "service": service,
        "kills": kills,
        "took_s": round(time.monotonic() - started, 3),
    }


def wait(seconds: float, configuration: Configuration = None, secrets: Secrets = None) -> float:
    """Let time pass, and stop waiting as soon as the run is to stop, which `pauses` do not."""
    from chaostagent.waiting import pause

    pause(seconds)
    return seconds

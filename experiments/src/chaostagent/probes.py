"""What an experiment may ask. A probe whose name promises something raises when the promise is broken, since the toolkit ignores tolerances in a method."""

# No postponed annotations: `chaos discover` reads the types.
from typing import Any, Dict, List, TypeVar

from chaoslib.exceptions import ActivityFailed
from chaoslib.types import Configuration, Secrets

from chaostagent.connection import connect
from chaostagent.current_run import current
from chaostagent.evidence import (
    events_since_start,
    incident_of_run,
    incidents_of_run,
    run_faults,
    targets_beside,
)
from chaostagent.judgement.bystanders import complaint_about
from chaostagent.judgement.healer import restarts_without_need
from chaostagent.waiting import wait_for
from tagent_client.errors import ApiError
from tagent_contract.health import Health
from tagent_contract.incidents import IncidentState, IncidentView

__all__ = [
    "attempts_at_most",
    "became",
    "error_ratio",
    "escalated_within",
    "events_between",
    "faults_ended",
    "healthy_ratio",
    "incident_opened",
    "injected_requests",
    "injection_refused",
    "latency_p95_ms",
    "mttd_s",
    "mttr_s",
    "no_false_restart",
    "others_untouched",
    "recovered_within",
    "service_health",
    "state_of",
]


T = TypeVar("T")
WELL = "well"


def service_health(
    service: str,
    within_s: float = 0.0,
    configuration: Configuration = None,
    secrets: Secrets = None,
) -> str:
    """Return a service's health, such as HEALTHY; wait up to `within_s` for HEALTHY before saying otherwise."""
    client = connect(secrets)
    healthy = wait_for(
        lambda: Health.HEALTHY if client.service(service).health is Health.HEALTHY else None,
        within_s,
    )
    return (healthy or client.service(service).health).value


def state_of(
    service: str = "",
    within_s: float = 0.0,
    configuration: Configuration = None,
    secrets: Secrets = None,
) -> str:
    """Return `well` when a service, or without a name every one, is healthy without a fault and an incident; else what is not; wait for it up to `within_s`."""
    client = connect(secrets)

    def looked() -> str:
        views = [client.service(service)] if service else client.services()
        return next((said for said in map(complaint_about, views) if said), WELL)

    well = wait_for(lambda: WELL if looked() == WELL else None, within_s)
    return well or looked()


def healthy_ratio(
    service: str = "",
    services: List[str] = None,
    configuration: Configuration = None,
    secrets: Secrets = None,
) -> float:
    """Return the share of healthy instances, 0 to 1: of a service, of several, or without names of all."""
    names = [*(services or []), *([service] if service else [])]
    views = [view for view in connect(secrets).services() if not names or view.name in names]
    missing = sorted(set(names) - {view.name for view in views})
    if missing:
        raise ActivityFailed(f"the platform knows no {', '.join(missing)}")
    instances = [instance.health for view in views for instance in view.instances]
    if not instances:
        raise ActivityFailed("no instance is there whose health could be asked")
    return sum(health is Health.HEALTHY for health in instances) / len(instances)


def error_ratio(
    service: str, configuration: Configuration = None, secrets: Secrets = None
) -> float:
    """Return the share of failed requests of the last 10 s, 0 to 1. Fails when there were none: that says nothing."""
    return _known(connect(secrets).service(service).figures.error_ratio, service, "error ratio")


def latency_p95_ms(
    service: str, configuration: Configuration = None, secrets: Secrets = None
) -> float:
    """Return the 95th percentile of the time to the first byte over the last 10 s. Fails when there were no requests."""
    return _known(connect(secrets).service(service).figures.first_byte_p95_ms, service, "latency")


def _known(value: Any, service: str, what: str) -> float:
    if value is None:
        raise ActivityFailed(
            f"{service} had no requests in the last 10 s, so its {what} is not known"
        )
    return float(value)


def became(
    service: str,
    health: str = "DEGRADED",
    within_s: float = 30.0,
    configuration: Configuration = None,
    secrets: Secrets = None,
) -> str:
    """Return the health that the service has, or had at any time since the run began; raises when it did not within the time."""
    wanted, client = Health(health.upper()), connect(secrets)
    run = current()

    def seen() -> str | None:
        view = client.service(service)
        if view.health is wanted:
            return wanted.value
        changes = events_since_start(
            client, run, service=service, type_prefix="service.health_changed"
        )
        return (
            wanted.value if any(each.data.get("to") == wanted.value for each in changes) else None
        )

    found = wait_for(seen, within_s)
    measured = found or f"{client.service(service).health.value} after {within_s:g} s"
    allowed = f"{wanted.value} within {within_s:g} s"
    return _promised(found is not None, measured, allowed, measured)


def incident_opened(
    service: str,
    within_s: float = 30.0,
    configuration: Configuration = None,
    secrets: Secrets = None,
) -> str:
    """Return the id of the incident that the run brought about; raises when there is none within the time."""
    incident = _incident(service, within_s, secrets)
    text = f"opened {incident.opened_at}" if incident else "no incident"
    return _promised(
        incident is not None, text, f"one within {within_s:g} s", incident.id if incident else ""
    )


def recovered_within(
    service: str,
    timeout_s: float = 30.0,
    detected_within_s: float = 30.0,
    configuration: Configuration = None,
    secrets: Secrets = None,
) -> float:
    """Return the MTTR, from detected to verified, in seconds; raises when it is over budget, or nothing was detected, or it is not over.

    It waits for the detection, and then for as long as the budget may still be kept.
    """
    allowed = f"{timeout_s:g} s"
    incident = _incident(service, detected_within_s, secrets)
    if incident is None:
        return _promised(False, f"no incident within {detected_within_s:g} s", allowed, 0.0)
    client, run = connect(secrets), current()

    def resolved() -> IncidentView | None:
        latest = incident_of_run(client, run, incident.id)
        return latest if latest.state is IncidentState.RESOLVED else None

    over = wait_for(resolved, timeout_s)
    if over is None:
        latest = incident_of_run(client, run, incident.id)
        held = latest.held_back.reason.value if latest.held_back else ""
        state = f"{latest.state.value} ({held})" if held else latest.state.value
        return _promised(False, f"still {state} after {timeout_s:g} s", allowed, 0.0)
    took_s = over.mttr_s
    if took_s is None:
        return _promised(False, "resolved without a measured MTTR", allowed, 0.0)
    return _promised(took_s <= timeout_s, f"{took_s:.1f} s", allowed, took_s)


def mttd_s(service: str, configuration: Configuration = None, secrets: Secrets = None) -> float:
    """Return the time from the first affected request to the detection, in seconds, of the run's latest incident; fails where it is not known."""
    return _time_of(service, "mttd_s", secrets)


def mttr_s(service: str, configuration: Configuration = None, secrets: Secrets = None) -> float:
    """Return the time from the detection to the verified recovery, in seconds, of the run's latest incident; fails where it is not known."""
    return _time_of(service, "mttr_s", secrets)


def _time_of(service: str, name: str, secrets: Secrets) -> float:
    incident = _incident(service, 0.0, secrets)
    found: float | None = getattr(incident, name) if incident else None
    if found is None:
        raise ActivityFailed(f"no incident of {service} since the run began has a measured {name}")
    return found


def _incident(service: str, within_s: float, secrets: Secrets) -> IncidentView | None:
    client, run = connect(secrets), current()

    def latest() -> IncidentView | None:
        return next(iter(incidents_of_run(client, run, service)), None)

    return wait_for(latest, within_s)


def escalated_within(
    service: str,
    timeout_s: float = 60.0,
    configuration: Configuration = None,
    secrets: Secrets = None,
) -> str:
    """Return when the run's incident was escalated to a person; raises when it was not within the time."""
    client, run = connect(secrets), current()

    def escalated() -> str | None:
        found = incidents_of_run(client, run, service)
        return next((each.escalated_at for each in found if each.escalated_at), None)

    at = wait_for(escalated, timeout_s)
    return _promised(at is not None, at or "not escalated", f"within {timeout_s:g} s", at or "")


def attempts_at_most(
    service: str, limit: int = 3, configuration: Configuration = None, secrets: Secrets = None
) -> int:
    """Return how often healing has restarted the service since the run began; raises when that is more often than allowed."""
    found = incidents_of_run(connect(secrets), current(), service)
    attempts = sum(len(each.attempts) for each in found)
    return _promised(attempts <= limit, f"{attempts}", f"at most {limit}", attempts)


def injected_requests(
    service: str, configuration: Configuration = None, secrets: Secrets = None
) -> int:
    """Return how many requests the run's faults have affected so far; of a fault on the process itself, 1 when done."""
    return sum(fault.injected for fault in run_faults(connect(secrets), current(), [service]))


def faults_ended(
    service: str,
    reason: str = "",
    within_s: float = 30.0,
    configuration: Configuration = None,
    secrets: Secrets = None,
) -> List[str]:
    """Return why the run's faults on a service ended; raises when one has not within the time, or ended for another reason than `reason`."""
    client, run = connect(secrets), current()

    def ended() -> List[str] | None:
        found = run_faults(client, run, [service])
        if not found or not all(each.state.is_final for each in found):
            return None
        return [each.end_reason.value if each.end_reason else "" for each in found]

    reasons = wait_for(ended, within_s)
    allowed = f"{reason or 'ended'} within {within_s:g} s"
    if reasons is None:
        return _promised(False, "not ended", allowed, [])
    kept = not reason or all(each == reason for each in reasons)
    return _promised(kept, ", ".join(reasons), allowed, reasons)


def injection_refused(
    service: str,
    reason: str = "halted",
    configuration: Configuration = None,
    secrets: Secrets = None,
) -> str:
    """Try to inject a fault that would affect nothing, and return why that is refused; raises when it is not, or for another reason."""
    run, client = current(), connect(secrets)
    harmless = {"type": "error", "probability": 0.0, "ttl_s": 5, "run_id": run.id}
    try:
        fault = client.inject(service, harmless)
    except ApiError as error:
        said = error.reason or str(error)
        return _promised(said == reason, said, reason, said)
    client.end_fault(fault.id, "it was to be refused")
    return _promised(False, "accepted", reason, "")


def no_false_restart(
    service: str = "", configuration: Configuration = None, secrets: Secrets = None
) -> int:
    """Return 0; raises when healing restarted something since the run began that no fault of the run had made sick.

    Without a service, all of the run's targets are looked at.
    """
    client, run = connect(secrets), current()
    names = [service] if service else list(run.targets)
    faults = {fault.id for fault in run_faults(client, run, names)}
    incidents = [each for name in names for each in incidents_of_run(client, run, name)]
    count = len(restarts_without_need(incidents, faults))
    return _promised(count == 0, f"{count}", "0", count)


def others_untouched(configuration: Configuration = None, secrets: Secrets = None) -> int:
    """Return how many services were no target of this run, nor of another at its time; raises when one of them had an incident since the run began."""
    client, run = connect(secrets), current()
    taken = {*run.targets, *targets_beside(client, run)}
    others = [view.name for view in client.services() if view.name not in taken]
    hurt = [name for name in others if incidents_of_run(client, run, name)]
    text = f"{', '.join(hurt)} had an incident" if hurt else f"all {len(others)} well"
    return _promised(not hurt, text, "no incident elsewhere", len(others))


def events_between(
    service: str = "",
    type_prefix: str = "",
    at_least: int = 0,
    at_most: int = -1,
    configuration: Configuration = None,
    secrets: Secrets = None,
) -> List[Dict[str, str]]:
    """Return the events since the run began, of a service and of a type such as `incident.`; raises when they are fewer or more than allowed."""
    found = events_since_start(
        connect(secrets), current(), service=service, type_prefix=type_prefix
    )
    events = [
        {"at": each.at, "type": each.type, "service": each.service, "text": each.text}
        for each in found
    ]
    if at_least == 0 and at_most < 0:
        return events
    kept = len(events) >= at_least and (at_most < 0 or len(events) <= at_most)
    allowed = f"at least {at_least}" + (f", at most {at_most}" if at_most >= 0 else "")
    return _promised(kept, f"{len(events)} events", allowed, events)


def _promised(kept: bool, measured: str, allowed: str, value: T) -> T:
    """Return the value of a kept promise, and raise for a broken one; keep what was measured either way."""
    current().measure(measured, allowed)
    if not kept:
        raise ActivityFailed(f"measured {measured}, allowed {allowed}")
    return value

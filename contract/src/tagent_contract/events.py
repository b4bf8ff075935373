"""Events: the append-only account of everything that changed, and who changed it."""

from __future__ import annotations

from enum import StrEnum

from msgspec import Struct


class EventType(StrEnum):
    """What happened; the last word of each is a fact, never a wish."""

    INSTANCE_REGISTERED = "instance.registered"
    INSTANCE_SUPERSEDED = "instance.superseded"
    INSTANCE_SAID_GOODBYE = "instance.said_goodbye"
    INSTANCE_FORGOTTEN = "instance.forgotten"
    HEALTH_CHANGED = "health.changed"
    SERVICE_HEALTH_CHANGED = "service.health_changed"
    SERVICE_FORGOTTEN = "service.forgotten"
    PROCESS_EXITED = "process.exited"
    PROCESS_BACK = "process.back"
    PROCESS_GAVE_UP = "process.gave_up"
    FAULT_ARMED = "fault.armed"
    FAULT_REFUSED = "fault.refused"
    FAULT_ACKNOWLEDGED = "fault.acknowledged"
    FAULT_FIRST_AFFECTED = "fault.first_affected"
    FAULT_ENDING = "fault.ending"
    FAULT_ENDED = "fault.ended"
    HALT_SET = "halt.set"
    HALT_RELEASED = "halt.released"
    INCIDENT_OPENED = "incident.opened"
    INCIDENT_REOPENED = "incident.reopened"
    INCIDENT_DECIDED = "incident.decided"
    INCIDENT_HELD_BACK = "incident.held_back"
    INCIDENT_RESTARTED = "incident.restarted"
    INCIDENT_HEALTHY = "incident.healthy"
    INCIDENT_ATTEMPT_ENDED = "incident.attempt_ended"
    INCIDENT_RESOLVED = "incident.resolved"
    INCIDENT_ESCALATED = "incident.escalated"
    INCIDENT_ACKNOWLEDGED = "incident.acknowledged"
    INCIDENT_NOTED = "incident.noted"
    POLICY_CHANGED = "policy.changed"
    MAINTENANCE_SET = "maintenance.set"
    MAINTENANCE_ENDED = "maintenance.ended"
    TOKEN_MINTED = "token.minted"
    TOKEN_REVOKED = "token.revoked"
    TRAFFIC_HELD = "traffic.held"
    TRAFFIC_RELEASED = "traffic.released"
    RUN_WAITING = "run.waiting"
    RUN_STARTED = "run.started"
    RUN_STOP_ASKED = "run.stop_asked"
    RUN_ENDED = "run.ended"
    PLATFORM_STARTED = "platform.started"
    LEADER_CHANGED = "leader.changed"


class Event(Struct, frozen=True, kw_only=True):
    """One event. `sequence` has no gaps within a service; `cursor` is opaque and orders all."""

    cursor: str
    sequence: int
    service: str
    """Empty for what concerns the whole platform."""
    at: str
    type: str
    text: str
    actor: str = ""
    """Who did it: a token's name, `healing`, or a sidecar's instance."""
    instance: str | None = None
    fault: str | None = None
    incident: str | None = None
    data: dict[str, str | int | float | bool | None] = {}

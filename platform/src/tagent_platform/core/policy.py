"""May healing act on a sick instance now, and if not, why not and until when.

The rules are asked in this order, and the first that has something to say decides:

    mode, maintenance, halt, the fault's healing, storm, lock, what nobody here can cure, back-off, intensity,
    last-healthy guard, act

A person's recover or restart asks halt, lock and what nobody here can cure, and nothing else.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from tagent_contract.faults import Healing
from tagent_contract.health import Health, HealthReason
from tagent_contract.incidents import Refusal, Remedy
from tagent_contract.policy import Mode, RestartPolicy, ServicePolicy
from tagent_platform.core.backoff import BackingOff, UsedUp
from tagent_platform.core.ladder import Rung, next_rung
from tagent_platform.core.records import HaltRecord, InstanceRecord, MaintenanceWindow


@dataclass(frozen=True, slots=True)
class Act:
    """Carry out the rung."""

    rung: Rung
    text: str


@dataclass(frozen=True, slots=True)
class Hold:
    """Do nothing now; `until` is when that may change by itself, where it is known."""

    reason: Refusal
    text: str
    until: float | None = None
    would: Remedy | None = None
    """In mode check: what would be done."""


@dataclass(frozen=True, slots=True)
class Escalate:
    """Healing cannot cure this: a person is needed. `until` is how long the restarts are used up, where they are."""

    reason: Refusal
    text: str
    until: float | None = None


@dataclass(frozen=True, slots=True)
class Nothing:
    """There is nothing to do."""

    text: str


Decision = Act | Hold | Escalate | Nothing


@dataclass(frozen=True, slots=True, kw_only=True)
class Case:
    """One instance and all that bears on it."""

    instance: InstanceRecord
    policy: ServicePolicy
    mode: Mode
    """The service's, or a stricter one that whoever asks has set."""
    maintenance: MaintenanceWindow | None = None
    halt: HaltRecord | None = None
    healing: Healing = Healing.ACT
    healing_until: float | None = None
    is_organic: bool = True
    is_storm: bool = False
    storm_settle_s: float = 0.0
    """How long an organic sickness waits to see whether others fall too; 0 where a storm is impossible."""
    locked_by: str | None = None
    """The attempt that is under way on it."""
    is_given_up: bool = False
    """Healing has escalated it before; it will not try again."""
    reopened: int = 0
    through_sidecar: bool = False
    rolls_out: bool = False
    """The service is restarted by a new revision, as a whole or not at all."""
    service_health: Health = Health.UNHEALTHY
    """The service's, by its instances."""
    instances: int = 1
    lasting: str = ""
    """Why nothing helps until a person has changed something; empty when something may."""
    rungs: tuple[Rung, ...] = ()
    healthy: frozenset[str] = frozenset()
    """The service's healthy instances."""


Rule = Callable[[Case, float], Decision | None]


def decide(case: Case, now: float) -> Decision:
    """Decide what healing does about one instance."""
    if case.instance.health not in _SICK:
        return _not_sick(case)
    return next(
        (found for rule in _RULES if (found := rule(case, now)) is not None),
        Nothing(f"{case.instance.name} needs nothing"),
    )


def decide_for_person(case: Case, now: float) -> Act | Hold:
    """Decide whether a person's restart of the instance can be carried out; the weakest rung is what they ask for."""
    for rule in (_halt, _lock, _unreachable):
        found = rule(case, now)
        if isinstance(found, Hold):
            return found
        if isinstance(found, Escalate):
            return Hold(found.reason, found.text)
    if not case.rungs:
        return Hold(Refusal.LADDER_EXHAUSTED, "the runtime can restart nothing")
    return Act(case.rungs[0], _act_text(case.rungs[0]))


def may_escalate(case: Case, now: float) -> bool:
    """Return whether nothing asks healing to keep its hands off, so that it may call a person."""
    return all(rule(case, now) is None for rule in _HANDS_OFF)


_SICK = frozenset({Health.UNHEALTHY, Health.OFFLINE, Health.RECOVERING})


def _not_sick(case: Case) -> Decision:
    name = case.instance.name
    if case.instance.health is Health.DEGRADED:
        text = f"{name} is slow or failing in part; a restart is no cure, and the incident closes by itself"
        return Hold(Refusal.DEGRADED_ONLY, text)
    if case.instance.health is Health.UNKNOWN:
        return Hold(Refusal.STARTING, f"{name} is starting and is left alone")
    return Nothing(f"{name} is healthy")


def _mode(case: Case, now: float) -> Decision | None:
    if case.mode is Mode.OFF:
        return Hold(Refusal.MODE_OFF, f"healing of {case.instance.service} is off")
    if case.mode is Mode.HEAL:
        return None
    for rule in _RULES[1:]:
        found = rule(case, now)
        if found is not None:
            text, remedy = _would(found)
            until = found.until if isinstance(found, Hold | Escalate) else None
            return Hold(Refusal.MODE_CHECK, f"mode check: {text}", until, remedy)
    return None


def _would(found: Decision) -> tuple[str, Remedy | None]:
    match found:
        case Act(rung=rung, text=text):
            return f"would {text}", rung.remedy
        case Escalate(text=text):
            return f"would escalate: {text}", Remedy.ESCALATE
        case Hold(text=text):
            return f"would wait: {text}", None
        case Nothing(text=text):
            return text, None


def _maintenance(case: Case, now: float) -> Decision | None:
    window = case.maintenance
    if window is None or now >= window.until:
        return None
    text = f"in maintenance by {window.by}: {window.reason}"
    return Hold(Refusal.MAINTENANCE, text, window.until)


def _halt(case: Case, now: float) -> Decision | None:
    if case.halt is None or not case.halt.halted:
        return None
    return Hold(Refusal.HALTED, f"everything is halted by {case.halt.by}: {case.halt.reason}")


def _fault_healing(case: Case, now: float) -> Decision | None:
    if case.healing is Healing.SUPPRESS:
        text = "the fault behind this asks for no incident"
        return Hold(Refusal.FAULT_SUPPRESSED, text, case.healing_until)
    if case.healing is Healing.OBSERVE:
        text = "the fault behind this is to be observed; a person can recover it"
        return Hold(Refusal.FAULT_OBSERVED, text, case.healing_until)
    return None


def _storm(case: Case, now: float) -> Decision | None:
    if case.is_storm and case.is_organic:
        text = "many services fell sick together, which no restart here cures; a person was called"
        return Hold(Refusal.STORM, text)
    settled_at = case.instance.since + case.storm_settle_s
    if case.is_organic and now < settled_at and case.instance.health is not Health.RECOVERING:
        return Hold(Refusal.STORM, "waits a moment to see whether others fall too", settled_at)
    return None


def _lock(case: Case, now: float) -> Decision | None:
    if case.locked_by is None:
        return None
    text = f"attempt {case.locked_by} on {case.instance.name} is under way"
    return Hold(Refusal.TARGET_LOCKED, text)


def _sidecars_own(case: Case, now: float) -> Decision | None:
    """Leave a process exit to the sidecar alone, unless it never comes round to it."""
    instance, healing = case.instance, case.policy.healing
    if instance.reason is HealthReason.GAVE_UP:
        text = f"the sidecar of {instance.name} gave up restarting it: {instance.detail or 'it keeps exiting'}"
        return Escalate(Refusal.GAVE_UP, text, _used_up_until(instance, case.policy.restart))
    if instance.reason is not HealthReason.EXITED or not instance.supervised:
        return None
    held_until = instance.held_until
    if held_until is not None and now < held_until:
        text = f"the sidecar of {instance.name} waits before it restarts it"
        return Hold(Refusal.BACK_OFF, text, held_until)
    overdue_at = max(instance.since, held_until or 0.0) + healing.verify_within_s
    if now < overdue_at:
        text = f"the sidecar of {instance.name} restarts it"
        return Hold(Refusal.TARGET_LOCKED, text, overdue_at)
    return Escalate(Refusal.GAVE_UP, f"the sidecar of {instance.name} has not restarted it")


def _others_own(case: Case, now: float) -> Decision | None:
    """Leave what nobody here can restart to whatever runs it, such as a container's restart policy, as long as a restart of ours may take."""
    instance, healing = case.instance, case.policy.healing
    is_theirs = case.through_sidecar and not case.rolls_out and not instance.supervised
    until = instance.since + healing.verify_within_s
    if not is_theirs or now >= until or case.reopened >= healing.reopens_max:
        return None
    text = f"{instance.name} was not started by its sidecar; whatever runs it may restart it"
    return Hold(Refusal.NOT_SUPERVISED, text, until)


def _used_up_until(instance: InstanceRecord, policy: RestartPolicy) -> float | None:
    """Return until when the sidecar's restarts lie too close together, from the exits that are known."""
    exits = [seen.at for seen in instance.exits[-policy.intensity :]]
    return exits[0] + policy.intensity_window_s if exits else None


def _reopened(case: Case, now: float) -> Decision | None:
    most = case.policy.healing.reopens_max
    if case.reopened < most:
        return None
    text = f"it came back {case.reopened} times after it was healed; restarts do not cure it"
    return Escalate(Refusal.REOPENED_TOO_OFTEN, text)


def _unreachable(case: Case, now: float) -> Decision | None:
    if case.rolls_out:
        return None if case.rungs else _no_roll_out(case)
    if not case.through_sidecar:
        return None
    instance = case.instance
    if instance.health is Health.OFFLINE:
        text = f"the sidecar of {instance.name} is out of contact, so nothing can be ordered"
        return Escalate(Refusal.SIDECAR_UNREACHABLE, text)
    if not instance.supervised:
        text = f"{instance.name} was not started by its sidecar, so nobody here can restart it"
        return Escalate(Refusal.NOT_SUPERVISED, text)
    return None


def _no_roll_out(case: Case) -> Decision:
    """Say why a service that is restarted as a whole is not restarted now."""
    name = case.instance.service
    if case.service_health is Health.OFFLINE:
        text = (
            f"no instance of {name} is heard, which may be a lost sidecar, a stopped instance or a CPU that is throttled between "
            "requests; no new revision is deployed for silence alone"
        )
        return Escalate(Refusal.SIDECAR_UNREACHABLE, text)
    if case.service_health is not Health.UNHEALTHY:
        text = (
            f"{case.instance.name} cannot be restarted alone, and a new revision would replace all {case.instances} instances of "
            f"{name}, which is not down as a whole"
        )
        return Hold(Refusal.LAST_HEALTHY, text)
    text = case.lasting or f"neither a new revision nor a roll back of {name} helped"
    return Escalate(Refusal.LADDER_EXHAUSTED, text)


def _ladder(case: Case, now: float) -> Decision:
    if case.lasting:
        return Escalate(Refusal.LADDER_EXHAUSTED, case.lasting)
    if not case.rungs:
        return Escalate(Refusal.LADDER_EXHAUSTED, "the runtime offers no remedy")
    rung = next_rung(case.rungs)
    if rung is None or case.is_given_up:
        return _used_up(case)
    if isinstance(rung.verdict, BackingOff):
        text = f"restart {rung.verdict.number} of {case.instance.name} waits for its back-off"
        return Hold(Refusal.BACK_OFF, text, rung.verdict.until)
    spared = case.healthy - set(rung.targets)
    least = case.policy.healing.healthy_instances_min
    if len(spared) < least:
        text = f"only {len(spared)} others are healthy, and {least} must stay so"
        return Hold(Refusal.LAST_HEALTHY, text)
    return Act(rung, _act_text(rung))


def _used_up(case: Case) -> Escalate:
    policy = case.policy.restart
    minutes = policy.intensity_window_s / 60
    text = f"{policy.intensity} restarts in {minutes:g} min did not cure {case.instance.name}"
    until = [rung.verdict.until for rung in case.rungs if isinstance(rung.verdict, UsedUp)]
    return Escalate(Refusal.INTENSITY, text, min(until, default=None))


def _act_text(rung: Rung) -> str:
    if rung.rolls_out:
        many = (
            "its only instance" if len(rung.targets) == 1 else f"all {len(rung.targets)} instances"
        )
        if rung.remedy is Remedy.ROLL_BACK:
            return f"roll back to the last good revision, which replaces {many}"
        return f"restart by a new revision, which replaces {many}"
    match rung.remedy:
        case Remedy.RESTART_INSTANCE:
            return f"restart {rung.targets[0]}"
        case Remedy.RESTART_SERVICE:
            return f"restart all {len(rung.targets)} instances"
        case Remedy.ROLL_BACK:
            return "roll back to the revision before"
        case Remedy.ESCALATE:
            return "call a person"


_HANDS_OFF: tuple[Rule, ...] = (_mode, _maintenance, _halt, _fault_healing, _storm)
_RULES: tuple[Rule, ...] = (
    *_HANDS_OFF,
    _lock,
    _sidecars_own,
    _others_own,
    _unreachable,
    _reopened,
    _ladder,
)

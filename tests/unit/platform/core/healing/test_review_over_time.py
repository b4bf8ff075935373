"""Any course of events: what healing promises holds at every moment of it."""

from __future__ import annotations

from dataclasses import replace
from itertools import pairwise

import msgspec
from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, precondition, rule

from tagent_contract.faults import Error, Healing
from tagent_contract.health import Health, HealthReason
from tagent_contract.incidents import IncidentState, Outcome
from tagent_contract.policy import HealingPolicy, Mode, RestartPolicy, ServicePolicy
from tagent_platform.core.healing.facts import Facts
from tagent_platform.core.healing.review import review
from tagent_platform.core.incidents.attempts import acted, pending, unacted
from tagent_platform.core.incidents.steps import Step
from tagent_platform.core.records import IncidentRecord, InstanceRecord, ServiceRecord
from tests.fakes.clinic import NOW, facts, fault, instance

NAMES = ("chat-1", "chat-2")
POLICY = ServicePolicy(restart=RestartPolicy(), healing=HealingPolicy(reopens_max=1000))
REASONS = {
    Health.HEALTHY: HealthReason.HEALTHY,
    Health.DEGRADED: HealthReason.LATENCY,
    Health.UNKNOWN: HealthReason.STARTING,
    Health.UNHEALTHY: HealthReason.ERROR_RATIO,
}


class Course(RuleBasedStateMachine):
    """A service of two instances, its sidecars, and a platform that looks again and again."""

    def __init__(self) -> None:
        super().__init__()
        self.now = NOW
        self.ids = 0
        self.incidents: dict[str, IncidentRecord] = {}
        self.sick_since: dict[str, float | None] = dict.fromkeys(NAMES)
        self.restarts: list[tuple[str, str, float]] = []
        live = [instance(Health.HEALTHY, name, since=NOW) for name in NAMES]
        self.facts: Facts = facts(
            *live, service=ServiceRecord(name="chat", policy=POLICY), proven=set(NAMES)
        )

    def look(self) -> None:
        unresolved = [i for i in self.incidents.values() if i.state is not IncidentState.RESOLVED]
        resolved = sorted(
            (i for i in self.incidents.values() if i.state is IncidentState.RESOLVED),
            key=lambda i: -(i.resolved_at or 0.0),
        )
        known = replace(
            self.facts,
            incident=unresolved[0] if unresolved else None,
            resolved=resolved,
            latest=resolved[0] if resolved else None,
        )
        before = {a.id for i in self.incidents.values() for a in i.attempts}
        found = review(known, new_incident_id=self._new_id, by="healing", now=self.now)
        budgets = {**self.facts.budgets, **found.budgets}
        self.facts = replace(
            self.facts,
            live=found.live,
            budgets={key: each for key, each in budgets.items() if each is not None},
        )
        if found.incident is not None:
            self.incidents[found.incident.id] = found.incident
            for attempt in found.incident.attempts:
                if attempt.id not in before:
                    self._ordered(attempt.cause_key, attempt.incarnations)

    def _new_id(self) -> str:
        self.ids += 1
        return f"i{self.ids}"

    def _ordered(self, cause_key: str, targets: dict[str, str]) -> None:
        payer = next(iter(targets)) if len(targets) == 1 else "all"
        self.restarts.append((payer, cause_key, self.now))

    def put(self, record: InstanceRecord) -> None:
        self.facts = replace(self.facts, live={**self.facts.live, record.name: record})

    @rule(seconds=st.sampled_from([0.5, 3.0, 11.0, 70.0, 400.0, 2000.0]))
    def pass_time(self, seconds: float) -> None:
        self.now += seconds
        self.look()

    @rule(name=st.sampled_from(NAMES), health=st.sampled_from(list(REASONS)))
    def report(self, name: str, health: Health) -> None:
        self._say(self.facts.live[name], health)
        self.look()

    def _say(self, known: InstanceRecord, health: Health, **more: str) -> None:
        """Let the sidecar report: its word stands, but where an attempt is under way."""
        said = {"reported": health, "reported_reason": REASONS[health], **more}
        if known.health is not Health.RECOVERING:
            since = known.since if known.health is health else self.now
            said |= {"health": health, "reason": REASONS[health], "since": since}
        self.put(msgspec.structs.replace(known, **said))

    @rule(name=st.sampled_from(NAMES))
    def go_silent(self, name: str) -> None:
        self.put(
            msgspec.structs.replace(
                self.facts.live[name],
                health=Health.OFFLINE,
                reason=HealthReason.NO_CONTACT,
                since=self.now,
            )
        )
        self.look()

    @rule(name=st.sampled_from(NAMES), healing=st.sampled_from(list(Healing)))
    def inject(self, name: str, healing: Healing) -> None:
        self.ids += 1
        record = fault(f"f{self.ids}", Error(healing=healing), on=name, armed_at=self.now)
        self.facts = replace(self.facts, faults=(*self.facts.faults, record))
        self.look()

    @precondition(lambda self: self.facts.faults)
    @rule()
    def end_faults(self) -> None:
        ended = []
        for record in self.facts.faults:
            targets = {
                key: msgspec.structs.replace(target, ended_at=target.ended_at or self.now)
                for key, target in record.targets.items()
            }
            ended.append(msgspec.structs.replace(record, targets=targets))
        self.facts = replace(self.facts, faults=tuple(ended))
        self.look()

    @rule(mode=st.sampled_from(list(Mode)))
    def set_mode(self, mode: Mode) -> None:
        policy = ServicePolicy(healing=HealingPolicy(mode=mode, reopens_max=1000))
        self.facts = replace(self.facts, service=ServiceRecord(name="chat", policy=policy))
        self.look()

    @rule(is_cured=st.booleans())
    def carry_out(self, is_cured: bool) -> None:
        for incident in list(self.incidents.values()):
            step = Step(incident)
            for attempt in unacted(step):
                step = acted(step, attempt.id, self.now)
                for name in attempt.incarnations:
                    known = self.facts.live[name]
                    health = Health.HEALTHY if is_cured else Health.UNHEALTHY
                    self._say(known, health, incarnation=str(int(known.incarnation) + 1))
            self.incidents[incident.id] = step.incident
        self.look()

    @invariant()
    def at_most_one_incident_is_unresolved(self) -> None:
        states = [i.state for i in self.incidents.values()]
        assert sum(state is not IncidentState.RESOLVED for state in states) <= 1

    @invariant()
    def nobody_is_restarted_twice_at_once(self) -> None:
        for incident in self.incidents.values():
            names = [name for attempt in pending(incident) for name in attempt.incarnations]
            assert len(names) == len(set(names))

    @invariant()
    def restarts_keep_their_distance_and_their_number(self) -> None:
        by_budget: dict[tuple[str, str], list[float]] = {}
        for payer, cause, at in self.restarts:
            by_budget.setdefault((payer, cause), []).append(at)
        for moments in by_budget.values():
            for course in unforgiven(moments):
                for at in course:
                    assert sum(at - 1800 < other <= at for other in course) <= 3
            for before, after in pairwise(moments):
                assert after - before >= 10

    @invariant()
    def recovering_is_who_an_attempt_is_under_way_on(self) -> None:
        covered = {
            name
            for incident in self.incidents.values()
            for attempt in pending(incident)
            for name in attempt.incarnations
        }
        recovering = {n for n, i in self.facts.live.items() if i.health is Health.RECOVERING}
        assert recovering <= covered

    @invariant()
    def what_is_verified_was_healthy_for_ten_seconds(self) -> None:
        for incident in self.incidents.values():
            for attempt in incident.attempts:
                if attempt.outcome is Outcome.VERIFIED:
                    assert attempt.healthy_at is not None
                    assert attempt.ended_at is not None
                    assert attempt.ended_at - attempt.healthy_at >= 10

    @invariant()
    def a_look_at_the_same_changes_nothing(self) -> None:
        before = (dict(self.incidents), self.facts.live, self.facts.budgets, len(self.restarts))
        self.look()
        after = (dict(self.incidents), self.facts.live, self.facts.budgets, len(self.restarts))
        assert before == after


def unforgiven(moments: list[float]) -> list[list[float]]:
    """Return restarts as courses between which there was time to be healthy for ten minutes, which sets a budget back."""
    courses: list[list[float]] = []
    for at in moments:
        if courses and at - courses[-1][-1] < POLICY.restart.reset_after_s:
            courses[-1].append(at)
        else:
            courses.append([at])
    return courses


TestCourse = Course.TestCase
TestCourse.settings = settings(max_examples=60, stateful_step_count=40, deadline=None)

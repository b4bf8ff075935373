"""One look at every service now, and what was decided for whom and why: the control loop's own code."""

from __future__ import annotations

from tagent_contract.incidents import Remedy
from tagent_contract.policy import Mode
from tagent_contract.services import HealingDecision, HealingPass
from tagent_contract.times import format_time
from tagent_platform.core.healing.facts import Decided
from tagent_platform.core.healing.review import review
from tagent_platform.core.policy import Act, Escalate, Hold, Nothing
from tagent_platform.core.policy import Decision as PolicyDecision
from tagent_platform.core.records import ServiceRecord
from tagent_platform.core.views import moment
from tagent_platform.usecases.errors import InvalidError
from tagent_platform.usecases.heal_services import describe_remedies, review_service
from tagent_platform.usecases.healing_facts import gather_facts
from tagent_platform.usecases.platform import Actor, Platform
from tagent_platform.usecases.watch_storm import watch_storm


async def run_healing_pass(platform: Platform, *, mode: Mode, actor: Actor) -> HealingPass:
    """Return every decision. `check` only says what would be done; `heal` does what the services' own modes allow.

    Raises InvalidError for mode `off`, which would be no look.
    """
    if mode is Mode.OFF:
        raise InvalidError("$.mode", "a pass checks or heals; leave a service alone by its policy")
    at = platform.clock.now()
    decisions: list[HealingDecision] = []
    if mode is Mode.HEAL:
        await watch_storm(platform)
    for service in sorted(platform.store.all(ServiceRecord)):
        if mode is Mode.HEAL:
            decided = await review_service(platform, service, by=actor)
        else:
            decided = await _look(platform, service)
        open_now = platform.fleet.unresolved_incidents().get(service)
        incident = open_now.record.id if open_now is not None else None
        decisions.extend(_view(service, item, incident) for item in decided)
    return HealingPass(at=format_time(at), mode=mode.value, decisions=tuple(decisions))


async def _look(platform: Platform, service: str) -> tuple[Decided, ...]:
    """Review a service, and keep nothing of it but what would be decided."""
    remedies = await describe_remedies(platform, service)
    held = platform.store.get(ServiceRecord, service)
    if held is None:
        return ()
    facts = gather_facts(platform, held.record, remedies, Mode.CHECK)
    now = platform.clock.now()
    return review(facts, new_incident_id=lambda: "pass", by="pass", now=now).decisions


def _view(service: str, decided: Decided, incident: str | None) -> HealingDecision:
    word, remedy, reason, until = _words(decided.decision)
    return HealingDecision(
        service=service,
        instance=decided.instance,
        decision=word,
        remedy=remedy,
        reason=reason,
        text=decided.decision.text,
        until=moment(until),
        incident=incident,
    )


def _words(decision: PolicyDecision) -> tuple[str, str | None, str, float | None]:
    """Return the decision's word, remedy, reason, and until when it stands."""
    match decision:
        case Act(rung=rung):
            return "act", rung.remedy.value, rung.remedy.value, None
        case Hold(reason=reason, until=until, would=would):
            word = "wait" if until is not None else "hold"
            return word, would.value if would is not None else None, reason.value, until
        case Escalate(reason=reason, until=until):
            return "escalate", Remedy.ESCALATE.value, reason.value, until
        case Nothing():
            return "none", None, "nothing_to_do", None

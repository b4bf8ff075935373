"""The fault engine: arms what the plan says, decides requests, and ends every fault exactly once.

A fault's life here: armed by a plan → active → ended by ttl, max_count, the plan, its incarnation's end, a lost lease or
`end_all`. An ended id is final: it stays as a tombstone until well after its ttl, so no plan brings it back. Only this
file ends faults. Nothing is started or stopped here: methods return commands, which the owner carries out.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Mapping

from tagent_contract.faults import EndReason, Fault, Scope, fault_type
from tagent_contract.plan import Plan, PlanFault
from tagent_contract.reports import FaultProgress
from tagent_sidecar.faults.armed import ArmedFault, matches_requests
from tagent_sidecar.faults.commands import (
    Command,
    ConnectionsChanged,
    StartProcessFault,
    StopProcessFault,
)
from tagent_sidecar.faults.down import closes_port
from tagent_sidecar.faults.effects import Effect, RequestDecision, combine
from tagent_sidecar.faults.rules import ActsOn
from tagent_sidecar.faults.table import unsupported_by_protocol

LEASE_S_DEFAULT = 15.0
TOMBSTONE_MARGIN_S = 60.0
"""How long past its ttl an ended id is remembered: longer than any plan or report is under way."""


class FaultEngine:
    """All faults of one sidecar. Every `now` is monotonic seconds.

    The proxy reads `has_request_faults` and `may_refuse` before it calls anything: both are False in quiet times.
    """

    def __init__(
        self,
        *,
        protocol: str = "http",
        missing: Mapping[str, str] | None = None,
        lease_s: float = LEASE_S_DEFAULT,
    ) -> None:
        """Take what this machine cannot apply as `missing`: fault type → reason; the protocol adds its own."""
        self.has_request_faults = False
        """Some fault acts on requests (TCP: on connections); else `decide_request` need not be called."""
        self.may_refuse = False
        """Some `down` decides per connection; else `refuses_connection` need not be called."""
        self.on_change: Callable[[], None] | None = None
        """Called when something worth a report happened on the proxy's side: a first affected request, an end."""
        self.missing: dict[str, str] = {**unsupported_by_protocol(protocol), **(missing or {})}
        self._protocol = protocol
        self._lease_s = lease_s
        self._lease_until = float("-inf")
        self._faults: dict[str, ArmedFault] = {}
        self._delivered: set[str] = set()
        self._request_faults: tuple[ArmedFault, ...] = ()
        self._refusing_faults: tuple[ArmedFault, ...] = ()
        self._epoch: str | None = None
        self._revision = -1
        self._incarnation = ""

    # --- the plan, time and the end of things -------------------------------------------------------------------

    def apply_plan(self, plan: Plan, now: float, incarnation: str) -> list[Command]:
        """Arm what is new, end what is no longer listed. An older or equal revision of the same epoch does nothing."""
        self._incarnation = incarnation
        if plan.epoch == self._epoch and plan.revision <= self._revision:
            return []
        self._epoch, self._revision = plan.epoch, plan.revision
        listed = {} if plan.halted else {planned.id: planned for planned in plan.faults}
        ended = [
            self._end(known, _plan_end_reason(plan, known.id), now)
            for known in self._active()
            if known.id not in listed
        ]
        started = [
            self._arm(planned, now) for planned in listed.values() if planned.id not in self._faults
        ]
        return self._commands(ended, started)

    def renew_lease(self, now: float) -> None:
        """Note that the platform confirmed the plan against its store just now."""
        self._lease_until = now + self._lease_s

    def expire(self, now: float) -> list[Command]:
        """End what is past its ttl, and everything when the lease is lost; forget old tombstones."""
        lease_lost = now >= self._lease_until
        ended = []
        for known in self._active():
            if now >= known.deadline:
                ended.append(self._end(known, EndReason.TTL, now))
            elif lease_lost:
                ended.append(self._end(known, EndReason.LEASE_LOST, now))
        self._forget_old(now)
        return self._commands(ended, [])

    def next_deadline(self, now: float) -> float | None:
        """Return when `expire` should be called next, or None while nothing is active."""
        deadlines = [known.deadline for known in self._active()]
        return min(*deadlines, self._lease_until) if deadlines else None

    def end_all(self, reason: EndReason, now: float) -> list[Command]:
        """End every fault now (halt, stop, superseded)."""
        return self._commands([self._end(known, reason, now) for known in self._active()], [])

    def end_incarnation(self, incarnation: str, now: float) -> list[Command]:
        """End the faults bound to a start of the service that is over; service-wide ones stay."""
        ended = [
            self._end(known, EndReason.RESTARTED, now)
            for known in self._active()
            if known.incarnation == incarnation
        ]
        return self._commands(ended, [])

    def start_incarnation(self, incarnation: str, now: float) -> list[Command]:
        """Return the service-wide process faults that strike this new start of the service, too."""
        self._incarnation = incarnation
        return [
            _start(known)
            for known in self._active()
            if known.type.strikes_each_incarnation
            and known.incarnation is None
            and now < known.deadline
        ]

    # --- requests and connections -------------------------------------------------------------------------------

    def decide_request(
        self, method: bytes, target: bytes, head: bytes, now: float, *, counted: bool = True
    ) -> RequestDecision | None:
        """Decide what happens to one request; None leaves it alone. `counted=False` is the sidecar's own check."""
        if now >= self._lease_until:
            return None
        effects: list[Effect] = []
        for known in self._request_faults:
            if now >= known.deadline:
                continue
            if known.matches is not None and not known.matches(method, target, head):
                continue
            effect = known.effect(now, counted=counted)
            if effect is not None:
                effects.append(effect)
        return combine(effects, counted=counted) if effects else None

    def decide_connection(self, now: float, *, counted: bool = True) -> RequestDecision | None:
        """Decide a whole TCP connection, of which nobody sees requests."""
        return self.decide_request(b"", b"", b"", now, counted=counted)

    def refuses_connection(self, now: float, *, counted: bool = True) -> bool:
        """Decide whether a `down` resets this new connection; counts it as affected if so."""
        if now >= self._lease_until:
            return False
        for known in self._refusing_faults:
            if now < known.deadline and known.strikes(counted=counted):
                if counted:
                    self.affected(known.id, now)
                    self.settle((known.id,), (known.id,), now)
                return True
        return False

    @property
    def port_closed_by(self) -> str | None:
        """Return the id of the `down` that closes the port, if there is one."""
        for known in self._active():
            if known.type.acts_on is ActsOn.PORT and closes_port(known.fault):
                return known.id
        return None

    def affected(self, fault_id: str, now: float) -> None:
        """Count one injection; call it when the effect really happened, and never for an uncounted decision."""
        known = self._faults.get(fault_id)
        if known is not None and known.is_active and known.affect(now):
            self._changed()

    def settle(self, fault_ids: Iterable[str], happened: Collection[str], now: float) -> None:
        """Close a counted decision's account, once: its ids, and those of them that happened.

        What was decided and did not happen counts as passed. A fault whose `max_count` is used up ends here.
        """
        for fault_id in fault_ids:
            known = self._faults.get(fault_id)
            if known is None or not known.is_active:
                continue
            known.settle(affected=fault_id in happened)
            if known.is_used_up:
                self._end(known, EndReason.MAX_COUNT, now)
                self._refresh()
                self._changed()

    # --- process faults -----------------------------------------------------------------------------------------

    def process_fault_done(self, fault_id: str, now: float) -> None:
        """Note that a process fault took effect: `injected` is 1, even if its end was noticed before."""
        known = self._faults.get(fault_id)
        if known is not None and known.acts_on_process and not known.injected:
            known.affect(now)
            self._changed()

    def process_fault_failed(self, fault_id: str, detail: str, now: float) -> None:
        """End a process fault that could not be applied, saying why."""
        known = self._faults.get(fault_id)
        if known is not None and known.is_active:
            self._end(known, EndReason.COULD_NOT_APPLY, now, detail)
            self._refresh()
            self._changed()

    # --- reports ------------------------------------------------------------------------------------------------

    @property
    def active_ids(self) -> tuple[str, ...]:
        """Return the ids of the faults that are on."""
        return tuple(known.id for known in self._active())

    @property
    def active_faults(self) -> tuple[tuple[str, Fault], ...]:
        """Return the faults that are on, for people to read."""
        return tuple((known.id, known.fault) for known in self._active())

    def progress(self, now: float) -> tuple[FaultProgress, ...]:
        """Return what to report: the active ones, and the ended ones until `ends_delivered` named them."""
        return tuple(
            known.progress(now)
            for known in self._faults.values()
            if known.id not in self._delivered
        )

    def ends_delivered(self, reported: Iterable[FaultProgress]) -> None:
        """Note that a report with this progress was answered: the ended ones need not be told again."""
        self._delivered.update(
            item.id for item in reported if not item.active and item.id in self._faults
        )

    # --- inside -------------------------------------------------------------------------------------------------

    def _active(self) -> list[ArmedFault]:
        return [known for known in self._faults.values() if known.is_active]

    def _arm(self, planned: PlanFault, now: float) -> ArmedFault:
        bound_to = planned.incarnation
        if bound_to is None and planned.fault.scope is Scope.INSTANCE:
            bound_to = self._incarnation
        known = ArmedFault(planned, now, bound_to)
        self._faults[known.id] = known
        if planned.ttl_left_s <= 0:
            known.end(EndReason.TTL, now)
        elif bound_to is not None and bound_to != self._incarnation:
            known.end(EndReason.RESTARTED, now)
        elif reason := self._why_unsupported(planned.fault):
            known.end(EndReason.UNSUPPORTED, now, reason)
        return known

    def _why_unsupported(self, fault: Fault) -> str:
        if self._protocol != "http" and matches_requests(fault):
            return "match needs --protocol http"
        return self.missing.get(fault_type(fault), "")

    def _end(
        self, known: ArmedFault, reason: EndReason, now: float, detail: str = ""
    ) -> ArmedFault:
        known.end(reason, now, detail)
        return known

    def _commands(self, ended: list[ArmedFault], started: list[ArmedFault]) -> list[Command]:
        self._refresh()
        commands: list[Command] = [
            StopProcessFault(known.id) for known in ended if known.acts_on_process
        ]
        commands += [
            _start(known) for known in started if known.acts_on_process and known.is_active
        ]
        on_traffic = [known for known in ended if not known.acts_on_process]
        if on_traffic or any(known.type.acts_on is ActsOn.PORT for known in started):
            commands.append(ConnectionsChanged(frozenset(known.id for known in on_traffic)))
        return commands

    def _refresh(self) -> None:
        active = self._active()
        self._request_faults = tuple(
            known for known in active if known.type.acts_on is ActsOn.REQUEST
        )
        self._refusing_faults = tuple(
            known
            for known in active
            if known.type.acts_on is ActsOn.PORT and not closes_port(known.fault)
        )
        self.has_request_faults = bool(self._request_faults)
        self.may_refuse = bool(self._refusing_faults)

    def _forget_old(self, now: float) -> None:
        for known in list(self._faults.values()):
            if not known.is_active and now >= known.deadline + TOMBSTONE_MARGIN_S:
                del self._faults[known.id]
                self._delivered.discard(known.id)

    def _changed(self) -> None:
        if self.on_change is not None:
            self.on_change()


def _start(known: ArmedFault) -> StartProcessFault:
    return StartProcessFault(known.id, known.fault, known.deadline)


def _plan_end_reason(plan: Plan, fault_id: str) -> EndReason:
    given = plan.ending.get(fault_id)
    if given is None:
        return EndReason.HALTED if plan.halted else EndReason.CLEARED
    try:
        return EndReason(given)
    except ValueError:  # a newer platform's word
        return EndReason.CLEARED

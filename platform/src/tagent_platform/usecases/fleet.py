"""The store's records by service, looked up in no time.

Derived from the store alone, and worked out again only when a record of that kind has changed.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from types import MappingProxyType

from tagent_contract.experiments import RunState
from tagent_contract.incidents import IncidentState
from tagent_platform.core.records import (
    FaultRecord,
    IncidentRecord,
    InstanceRecord,
    RunRecord,
    ServiceRecord,
    TokenRecord,
)
from tagent_platform.ports.store import Store, Versioned

_NO_INSTANCES: Mapping[str, Versioned[InstanceRecord]] = MappingProxyType({})


@dataclass(slots=True)
class ServiceFaults:
    """A service's faults. `live` ones have a target that has not ended; `newest` is the highest version, of ended ones too."""

    newest: int = 0
    all: dict[str, Versioned[FaultRecord]] = field(default_factory=dict)
    live: dict[str, Versioned[FaultRecord]] = field(default_factory=dict)


_NO_FAULTS = ServiceFaults()


class Fleet:
    """Instances, faults and incidents by service, tokens by digest, runs that go on."""

    def __init__(self, store: Store) -> None:
        self._store = store
        self._instances_at = -1
        self._instances: dict[str, dict[str, Versioned[InstanceRecord]]] = {}
        self._in_change_at = (-1, -1)
        self._in_change: frozenset[str] = frozenset()
        self._faults_at = -1
        self._faults: dict[str, ServiceFaults] = {}
        self._incidents_at = -1
        self._incidents: dict[str, list[Versioned[IncidentRecord]]] = {}
        self._unresolved: dict[str, Versioned[IncidentRecord]] = {}
        self._tokens_at = -1
        self._tokens: dict[str, TokenRecord] = {}
        self._runs_at = -1
        self._open_runs: list[Versioned[RunRecord]] = []

    def instances_of(self, service: str) -> Mapping[str, Versioned[InstanceRecord]]:
        """Return the service's instances by name."""
        newest = self._store.latest.get(InstanceRecord, 0)
        if newest != self._instances_at:
            self._instances = {}
            for versioned in self._store.all(InstanceRecord).values():
                record = versioned.record
                self._instances.setdefault(record.service, {})[record.name] = versioned
            self._instances_at = newest
        return self._instances.get(service, _NO_INSTANCES)

    def serving_instances_of(self, service: str) -> Mapping[str, Versioned[InstanceRecord]]:
        """Return the service's instances but for those whose revision serves no more."""
        found = self.instances_of(service)
        if not any(versioned.record.retired for versioned in found.values()):
            return found
        return {name: v for name, v in found.items() if not v.record.retired}

    def services_in_change(self) -> frozenset[str]:
        """Return the services with instances of several revisions, or of one that serves no more, or with traffic held."""
        newest = (
            self._store.latest.get(InstanceRecord, 0),
            self._store.latest.get(ServiceRecord, 0),
        )
        if newest != self._in_change_at:
            self._in_change = frozenset(self._changing())
            self._in_change_at = newest
        return self._in_change

    def _changing(self) -> Iterator[str]:
        revision: dict[str, str] = {}
        for versioned in self._store.all(InstanceRecord).values():
            record = versioned.record
            if record.place is None or not record.place.revision:
                continue
            known = revision.setdefault(record.service, record.place.revision)
            if record.retired or known != record.place.revision:
                yield record.service
        for name, held in self._store.all(ServiceRecord).items():
            if held.record.roll_back is not None:
                yield name

    def faults_of(self, service: str) -> ServiceFaults:
        """Return the service's faults; not to be changed by the caller."""
        newest = self._store.latest.get(FaultRecord, 0)
        if newest != self._faults_at:
            self._faults = self._sort_faults()
            self._faults_at = newest
        return self._faults.get(service, _NO_FAULTS)

    def live_faults(self) -> list[Versioned[FaultRecord]]:
        """Return every fault that has not ended, of all services."""
        self.faults_of("")
        return [fault for faults in self._faults.values() for fault in faults.live.values()]

    def incidents_of(self, service: str) -> Sequence[Versioned[IncidentRecord]]:
        """Return the service's incidents, the newest first."""
        self._sort_incidents()
        return self._incidents.get(service, ())

    def unresolved_incidents(self) -> Mapping[str, Versioned[IncidentRecord]]:
        """Return the incidents that are not resolved, by service; there is at most one for each."""
        self._sort_incidents()
        return self._unresolved

    def _sort_incidents(self) -> None:
        newest = self._store.latest.get(IncidentRecord, 0)
        if newest == self._incidents_at:
            return
        self._incidents, self._unresolved = {}, {}
        for versioned in self._store.all(IncidentRecord).values():
            record = versioned.record
            self._incidents.setdefault(record.service, []).append(versioned)
            if record.state is not IncidentState.RESOLVED:
                self._unresolved[record.service] = versioned
        for incidents in self._incidents.values():
            incidents.sort(key=lambda versioned: versioned.record.opened_at, reverse=True)
        self._incidents_at = newest

    def _sort_faults(self) -> dict[str, ServiceFaults]:
        by_service: dict[str, ServiceFaults] = {}
        for key, versioned in self._store.all(FaultRecord).items():
            faults = by_service.setdefault(versioned.record.service, ServiceFaults())
            faults.all[key] = versioned
            faults.newest = max(faults.newest, versioned.version)
            if any(not target.state.is_final for target in versioned.record.targets.values()):
                faults.live[key] = versioned
        return by_service

    def open_runs(self) -> Sequence[Versioned[RunRecord]]:
        """Return the runs that have not ended, the oldest first."""
        newest = self._store.latest.get(RunRecord, 0)
        if newest != self._runs_at:
            found = self._store.all(RunRecord).values()
            runs = [item for item in found if item.record.state is not RunState.ENDED]
            self._open_runs = sorted(runs, key=lambda item: item.record.created_at)
            self._runs_at = newest
        return self._open_runs

    def token(self, digest: str) -> TokenRecord | None:
        """Return the token with this digest."""
        newest = self._store.latest.get(TokenRecord, 0)
        if newest != self._tokens_at:
            records = [versioned.record for versioned in self._store.all(TokenRecord).values()]
            self._tokens = {record.digest: record for record in records}
            self._tokens_at = newest
        return self._tokens.get(digest)

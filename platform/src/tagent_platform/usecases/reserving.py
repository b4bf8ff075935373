"""Services for a run alone."""

from __future__ import annotations

from tagent_contract.experiments import RunState
from tagent_platform.core.experiments.reservation import RunSituation, may_run
from tagent_platform.core.records import RunRecord, ServiceRecord
from tagent_platform.ports.store import Change, Guard
from tagent_platform.usecases.errors import RefusedError
from tagent_platform.usecases.lookups import halt_of, service_named
from tagent_platform.usecases.platform import Platform


def reserve(platform: Platform, run: RunRecord) -> list[Change | Guard]:
    """Return what else to commit so that nobody else has the run's services; nothing for one that only waits.

    Raises NotFoundError for an unknown service, RefusedError with the reason.
    """
    services = {name: service_named(platform, name) for name in run.targets}
    if run.state is not RunState.RUNNING:
        return []
    halt, halt_guard = halt_of(platform)
    situation = RunSituation(
        services={name: found.record for name, found in services.items()},
        faults=[fault.record for fault in platform.fleet.live_faults()],
        runs=[found.record for found in platform.fleet.open_runs()],
        halt=halt,
        now=platform.clock.now(),
    )
    refused = may_run(run, situation)
    if refused is not None:
        raise RefusedError(refused.reason, refused.text, refused.until)
    # Written as they are, so that of two runs, or a run and an injection, one sees the other.
    written = [
        Change(ServiceRecord, name, found.record, found.version) for name, found in services.items()
    ]
    return [*written, halt_guard]

"""Take the catalog of somebody who can run experiments."""

from __future__ import annotations

from msgspec.structs import asdict

from tagent_contract.experiments import Catalog
from tagent_platform.core.records import ExperimentRecord
from tagent_platform.ports.store import Change
from tagent_platform.usecases.commits import Decision, commit_decision
from tagent_platform.usecases.platform import Actor, Platform


async def publish_catalog(platform: Platform, *, catalog: Catalog, actor: Actor) -> int:
    """Remember the catalog's experiments beside those known, and return how many were new or changed.

    One that no catalog names any more is kept with its runs until somebody withdraws it.
    """

    def decide() -> Decision[int]:
        changes = []
        for info in {each.name: each for each in catalog.experiments}.values():
            found = platform.store.get(ExperimentRecord, info.name)
            known = found.record if found else None
            record = ExperimentRecord(
                **asdict(info), published_at=platform.clock.now(), published_by=actor.name
            )
            if known is None or _said(known) != _said(record):
                version = found.version if found else 0
                changes.append(Change(ExperimentRecord, info.name, record, version))
        return Decision(len(changes), changes)

    return await commit_decision(platform, decide)


def _said(record: ExperimentRecord) -> tuple[object, ...]:
    return (
        record.title,
        record.hypothesis,
        record.targets,
        record.tags,
        record.weight,
        record.wanted,
    )

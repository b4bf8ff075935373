"""What runs the services: the one who can restart, roll back or scale them."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from enum import StrEnum
from typing import ClassVar, Protocol

from tagent_platform.core.roll_outs import RollBack, RollOut, Setback
from tagent_platform.ports.series import LogQuery, LogSample


class RuntimeCapability(StrEnum):
    """What a runtime may be able to do."""

    RESTART_INSTANCE = "restart_instance"
    RESTART_SERVICE = "restart_service"
    ROLL_BACK = "roll_back"
    SCALE = "scale"
    LIST_INSTANCES = "list_instances"
    LOGS = "logs"


class RuntimeFailureError(Exception):
    """The runtime did not do what was asked; the message is one sentence for people, which says what to do."""

    setback: ClassVar[Setback] = Setback.PASSING
    is_unanswered: ClassVar[bool] = False
    """Nobody knows whether it was done; who asks again under the same id is told."""


class UnsupportedError(RuntimeFailureError):
    """The runtime cannot do that."""

    setback = Setback.FUTILE


class UnreachableError(RuntimeFailureError):
    """The runtime or the target cannot be reached now; trying again may help."""

    is_unanswered = True


class TimedOutError(RuntimeFailureError):
    """The runtime did not answer in time; whether it did what was asked is known when it is asked again."""

    is_unanswered = True


class ChangedMeanwhileError(RuntimeFailureError):
    """Somebody else changes the service at the same time; trying again looks at it anew."""


class QuotaExceededError(RuntimeFailureError):
    """The runtime takes no more for now."""


class PermissionMissingError(RuntimeFailureError):
    """The platform may not do that; the message names the role, on what, and to whom."""

    setback = Setback.LASTING


class ServiceNotThereError(RuntimeFailureError):
    """The runtime has no such service, or one that says it is another's."""

    setback = Setback.LASTING


class RefusedByRuntimeError(RuntimeFailureError):
    """The runtime does not take the change as it is; a person must mend the service's configuration."""

    setback = Setback.FUTILE


class TrafficPinnedError(RuntimeFailureError):
    """Traffic goes to named revisions, so that a new one would serve nobody."""

    setback = Setback.FUTILE


class NoGoodRevisionError(RuntimeFailureError):
    """There is no revision to roll back to."""

    setback = Setback.FUTILE


@dataclass(frozen=True, slots=True)
class RuntimeDescription:
    """What a runtime can do, and which instances of a service it lists (None: it does not know)."""

    name: str
    capabilities: frozenset[RuntimeCapability]
    instances: tuple[str, ...] | None = None
    through_sidecar: bool = False
    """An instance is reached through its sidecar alone, which must be its parent and in contact."""
    rolls_out: bool = False
    """A service's restart is a new revision: other instances take the place of all, the healthy ones too."""


@dataclass(frozen=True, slots=True)
class RestartTarget:
    """An instance to restart if it still is this incarnation of this boot: a new boot counts its incarnations anew."""

    service: str
    instance: str
    boot_id: str
    incarnation: str


@dataclass(frozen=True, slots=True)
class Deployment:
    """A service's revisions as the runtime tells of them now."""

    current: frozenset[str]
    """Those that serve or are about to."""
    roll_out: RollOut | None = None
    """The roll-out that was asked about, as it stands now."""
    held: RollBack | None = None
    """The roll back by which traffic is held on a revision now."""
    mended_by: str = ""
    """While traffic is held: a newer, ready revision that it could go to."""


class Runtime(Protocol):
    """Acts on services.

    - `restart` is idempotent by `attempt_id`: asked twice, it restarts once; it returns when the order is given, not when it is carried out.
    - `restart` of an incarnation that is gone, or of a boot that is, does nothing.
    - With `whole_service` the targets are all there are, and a runtime that rolls out replaces them by others. It returns the roll-out
      that began, and returns it again when it is asked again.
    - `roll_back` likewise, to the last good revision; `undo` gives traffic back to the newest.
    - `follow` says how far a roll-out has come, whoever began it and whichever process asks; None: the runtime has no revisions.
    - `logs` answers the newest lines that the runtime kept, as the series port does.
    - What the runtime cannot do raises UnsupportedError; a target out of reach raises UnreachableError.
    - `describe` says what it can do, at once and without side effects.
    """

    async def describe(self, service: str) -> RuntimeDescription: ...

    async def restart(
        self, targets: Sequence[RestartTarget], attempt_id: str, *, whole_service: bool = False
    ) -> RollOut | None: ...

    async def roll_back(
        self, service: str, attempt_id: str, *, undo: bool = False
    ) -> RollOut | None: ...

    async def follow(
        self, service: str, attempt_id: str = "", roll_out: RollOut | None = None
    ) -> Deployment | None: ...

    async def scale(
        self, service: str, *, instances_min: int | None = None, instances_max: int | None = None
    ) -> None: ...

    async def logs(self, query: LogQuery) -> Sequence[LogSample]: ...

"""What runs the services: the one who can restart, roll back or scale them."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from enum import StrEnum
from typing import Protocol


class RuntimeCapability(StrEnum):
    """What a runtime may be able to do."""

    RESTART_INSTANCE = "restart_instance"
    RESTART_SERVICE = "restart_service"
    ROLL_BACK = "roll_back"
    SCALE = "scale"
    LIST_INSTANCES = "list_instances"
    LOGS = "logs"


class RuntimeFailureError(Exception):
    """The runtime did not do what was asked; the message is one sentence for people."""


class UnsupportedError(RuntimeFailureError):
    """The runtime cannot do that."""


class UnreachableError(RuntimeFailureError):
    """The runtime or the target cannot be reached now; trying again may help."""


@dataclass(frozen=True, slots=True)
class RuntimeDescription:
    """What a runtime can do, and which instances of a service it lists (None: it does not know)."""

    name: str
    capabilities: frozenset[RuntimeCapability]
    instances: tuple[str, ...] | None = None
    through_sidecar: bool = False
    """An instance is reached through its sidecar alone, which must be its parent and in contact."""


@dataclass(frozen=True, slots=True)
class RestartTarget:
    """An instance to restart if it still is this incarnation of this boot: a new boot counts its incarnations anew."""

    service: str
    instance: str
    boot_id: str
    incarnation: str


class Runtime(Protocol):
    """Acts on services.

    - `restart` is idempotent by `attempt_id`: asked twice, it restarts once; it returns when the order is given, not when it is carried out.
    - `restart` of an incarnation that is gone, or of a boot that is, does nothing.
    - What the runtime cannot do raises UnsupportedError; a target out of reach raises UnreachableError.
    - `describe` says what it can do, without side effects.
    """

    async def describe(self, service: str) -> RuntimeDescription: ...

    async def restart(self, targets: Sequence[RestartTarget], attempt_id: str) -> None: ...

    async def roll_back(self, service: str, attempt_id: str) -> None: ...

    async def scale(self, service: str, instances: int) -> None: ...

    async def logs(self, service: str, limit: int) -> Sequence[str]: ...

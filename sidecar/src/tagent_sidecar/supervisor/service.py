"""The service's process as the sidecar sees it, whether it is our child or runs beside us."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Protocol

from tagent_contract.plan import RestartOrder
from tagent_contract.policy import Mode, RestartPolicy
from tagent_contract.reports import AttemptProgress, ExitSeen


@dataclass(frozen=True, slots=True)
class ProcessTarget:
    """A running process to signal or measure. The descriptor pins it: its number may be reused, the descriptor never is.

    `pidfd` belongs to the service and is closed with the incarnation; None where the system has none.
    """

    pid: int
    pidfd: int | None
    is_child: bool


class ServiceListener(Protocol):
    """Who is told what the process does. Called on the event loop; must not block or raise.

    The order for a restart after an exit: `incarnation_ended`, `service_down`, `incarnation_started`; for an ordered
    one `incarnation_ended`, `incarnation_started`.
    """

    def incarnation_started(self, incarnation: str, detail: str) -> None:
        """Take in a new incarnation; `detail` says why there is a new one, empty for the first and for an ordered one."""

    def incarnation_ended(self, incarnation: str) -> None:
        """Take in that an incarnation is gone, for whatever reason."""

    def service_down(self, detail: str, *, gave_up: bool) -> None:
        """Take in that the process exited unasked or could not be started; also when what will follow has changed."""

    def log_line(self, stream: str, text: str) -> None:
        """Take in a line the service wrote to `stdout` or `stderr`; long ones come cut."""


class Service(Protocol):
    """The process behind the proxy. `start` and `stop` once each; on one event loop."""

    @property
    def supervised(self) -> bool:
        """Return whether it is our child, so that a restart can be ordered."""

    @property
    def incarnation(self) -> str:
        """Return the number of the present or latest start within this boot, from "1"."""

    @property
    def target(self) -> ProcessTarget | None:
        """Return the running process, None when there is none or nobody knows which it is."""

    @property
    def restarts(self) -> int:
        """Return how many incarnations followed the first."""

    @property
    def log_lines_dropped(self) -> int:
        """Return how many lines came too fast to be given to the listener."""

    async def start(self) -> None:
        """Start or find the process. A command that cannot start is an exit, not an error."""

    async def stop(self) -> None:
        """Stop the child and all it started (SIGTERM, grace, SIGKILL); leave a foreign process alone. Idempotent."""

    def apply_policy(self, policy: RestartPolicy, mode: Mode) -> None:
        """Follow these numbers from now on; a service that is down is decided on again."""

    def order_restart(self, order: RestartOrder) -> None:
        """Restart if the incarnation is still the ordered one; once per attempt, however often this is called."""

    def crashed_by(self, fault_id: str) -> None:
        """Note that a fault has signalled the present incarnation, whose exit then uses up none of the budget for real trouble."""

    def answered(self) -> None:
        """Note that the present incarnation passed its first inside check."""

    def health_changed(self, is_healthy: bool) -> None:
        """Note health, which sets the restart budget back when it lasts."""

    def exits(self, now: float) -> tuple[ExitSeen, ...]:
        """Return the latest exits with what followed, oldest first; `now` is `time.monotonic`'s."""

    def attempts(self, now: float) -> tuple[AttemptProgress, ...]:
        """Return what became of the latest restart orders, oldest first."""

"""The platform's API as typed methods: contract structs in, contract structs out."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from types import TracebackType
from typing import Any, Self
from urllib.parse import quote

import httpx

from tagent_client.answers import Page
from tagent_client.calls import API, Calls
from tagent_client.errors import ApiError
from tagent_client.event_stream import follow_events
from tagent_client.experiments import Experiments
from tagent_client.settings import ClientSettings, read_settings
from tagent_client.transport import Transport
from tagent_contract.events import Event
from tagent_contract.faults import Fault, FaultView
from tagent_contract.incidents import IncidentView, Note
from tagent_contract.policy import Mode, ServicePolicy
from tagent_contract.services import (
    Halt,
    HaltRequest,
    HealingPass,
    HealingPassRequest,
    LogEntry,
    Maintenance,
    MaintenanceRequest,
    ReasonRequest,
    Role,
    SeriesView,
    ServiceView,
    TokenRequest,
    TokenView,
)


class Client:
    """Speaks to one platform. Every method raises ApiError (it refused) or UnreachableError (it could not be asked)."""

    def __init__(self, settings: ClientSettings | None = None) -> None:
        self.settings = settings or read_settings()
        self._transport = Transport(
            self.settings.url,
            self.settings.token,
            id_token_audience=self.settings.id_token_audience,
        )
        self._calls = Calls(self._transport)
        self.experiments = Experiments(self._calls)

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self.close()

    def close(self) -> None:
        """Close its connections."""
        self._transport.close()

    # Services

    def services(self) -> tuple[ServiceView, ...]:
        """Return every service's state."""
        return tuple(self._calls.pages(f"{API}/services", ServiceView))

    def service(self, name: str) -> ServiceView:
        return self._calls.get(_service(name), ServiceView)

    def forget_service(self, name: str) -> None:
        """Forget a retired service; refused while it is live."""
        self._transport.call("DELETE", _service(name))

    def series(
        self, name: str, metric: str, *, window_s: float = 900, step_s: float = 5
    ) -> SeriesView:
        return self._calls.get(
            _service(name, "/series"),
            SeriesView,
            {"metric": metric, "window_s": window_s, "step_s": step_s},
        )

    def figures(
        self, name: str, metrics: Sequence[str], *, window_s: float = 900, step_s: float = 5
    ) -> tuple[SeriesView, ...]:
        """Return several metrics over the same time, in the order asked for."""
        page = self._calls.get(
            _service(name, "/figures"),
            Page[SeriesView],
            {"metric": tuple(metrics), "window_s": window_s, "step_s": step_s},
        )
        return page.items

    def logs(
        self, name: str, *, query: str | None = None, level: str | None = None, limit: int = 200
    ) -> tuple[LogEntry, ...]:
        """Return the latest lines, oldest first."""
        page = self._calls.get(
            _service(name, "/logs"),
            Page[LogEntry],
            {"query": query, "level": level, "limit": limit},
        )
        return page.items

    def policy(self, name: str) -> ServicePolicy:
        return self._calls.get(_service(name, "/policy"), ServicePolicy)

    def set_policy(self, name: str, policy: ServicePolicy | Mapping[str, Any]) -> ServicePolicy:
        """Replace the policy whole; it may be given as the platform's own schema describes it."""
        return self._calls.send("PUT", _service(name, "/policy"), policy, ServicePolicy)

    def set_maintenance(self, name: str, reason: str, duration_s: float) -> Maintenance:
        request = MaintenanceRequest(reason=reason, duration_s=duration_s)
        return self._calls.send("PUT", _service(name, "/maintenance"), request, Maintenance)

    def end_maintenance(self, name: str) -> None:
        self._transport.call("DELETE", _service(name, "/maintenance"))

    # Faults

    def inject(
        self, service: str, fault: Fault | Mapping[str, Any], *, force: bool = False
    ) -> FaultView:
        """Arm a fault, or what the platform's own schema calls one; `force` takes even the last healthy instance."""
        query = {"force": "true"} if force else None
        body = self._transport.call("POST", _service(service, "/faults"), body=fault, query=query)
        return self._calls.decode(body, FaultView)

    def faults(self, *, service: str | None = None, active: bool = False) -> Iterator[FaultView]:
        """Yield faults, the newest first; `active` leaves out those that ended."""
        yield from self._calls.pages(
            f"{API}/faults", FaultView, {"service": service, "active": "true" if active else None}
        )

    def fault(self, fault_id: str) -> FaultView:
        return self._calls.get(f"{API}/faults/{quote(fault_id, safe='')}", FaultView)

    def end_fault(self, fault_id: str, reason: str = "") -> FaultView:
        """End one fault; it is ENDING until its sidecars say that it has ended."""
        path = f"{API}/faults/{quote(fault_id, safe='')}"
        return self._calls.decode(
            self._transport.call("DELETE", path, query={"reason": reason or None}), FaultView
        )

    def clear(self, service: str, reason: str = "") -> tuple[FaultView, ...]:
        """End all faults of a service, and return them."""
        body = self._transport.call(
            "DELETE", _service(service, "/faults"), query={"reason": reason or None}
        )
        return self._calls.decode(body, Page[FaultView]).items

    def halt_state(self) -> Halt:
        return self._calls.get(f"{API}/halt", Halt)

    def halt(self, reason: str) -> Halt:
        """End all faults and refuse new ones until released."""
        return self._calls.send("PUT", f"{API}/halt", HaltRequest(reason=reason), Halt)

    def release(self, reason: str = "") -> Halt:
        """Accept faults again; refused when nothing is halted."""
        body = self._transport.call("DELETE", f"{API}/halt", query={"reason": reason or None})
        return self._calls.decode(body, Halt)

    # Healing and incidents

    def recover(self, service: str, reason: str = "") -> IncidentView:
        """Clear the faults and restart."""
        return self._calls.send(
            "POST", _service(service, "/recover"), ReasonRequest(reason=reason), IncidentView
        )

    def restart(self, service: str, reason: str = "", instance: str | None = None) -> IncidentView:
        request = ReasonRequest(reason=reason, instance=instance)
        return self._calls.send("POST", _service(service, "/restart"), request, IncidentView)

    def healing_pass(self, mode: Mode) -> HealingPass:
        """Let the platform decide now; `heal` also acts."""
        return self._calls.send(
            "POST", f"{API}/healing/passes", HealingPassRequest(mode=mode), HealingPass
        )

    def incidents(
        self, *, service: str | None = None, unresolved: bool = False
    ) -> Iterator[IncidentView]:
        """Yield incidents, the newest first, without their timelines."""
        yield from self._calls.pages(
            f"{API}/incidents",
            IncidentView,
            {"service": service, "unresolved": "true" if unresolved else None},
        )

    def incident(self, incident_id: str) -> IncidentView:
        """Return one incident with its timeline."""
        return self._calls.get(_incident(incident_id), IncidentView)

    def acknowledge(self, incident_id: str) -> IncidentView:
        return self._calls.send("POST", _incident(incident_id, "/acknowledge"), None, IncidentView)

    def close_incident(self, incident_id: str, reason: str = "") -> IncidentView:
        return self._calls.send(
            "POST", _incident(incident_id, "/close"), ReasonRequest(reason=reason), IncidentView
        )

    def note(self, incident_id: str, text: str) -> IncidentView:
        return self._calls.send(
            "POST", _incident(incident_id, "/note"), Note(text=text), IncidentView
        )

    # Events

    def events(
        self,
        *,
        after: str | None = None,
        service: str | None = None,
        type_prefix: str | None = None,
        actor: str | None = None,
        limit: int = 100,
    ) -> tuple[tuple[Event, ...], str | None]:
        """Return the events after a cursor, oldest first, and the `after` to go on with, None at the end."""
        query = {"after": after, **_event_filter(service, type_prefix, actor), "limit": limit}
        page = self._calls.get(f"{API}/events", Page[Event], query)
        return page.items, page.next

    def latest_events(
        self,
        *,
        before: str | None = None,
        service: str | None = None,
        type_prefix: str | None = None,
        actor: str | None = None,
        limit: int = 100,
    ) -> tuple[tuple[Event, ...], str | None]:
        """Return the latest events before a cursor, newest first, and the `before` to go on with, None at the end."""
        query = {
            "order": "newest",
            "before": before,
            **_event_filter(service, type_prefix, actor),
            "limit": limit,
        }
        page = self._calls.get(f"{API}/events", Page[Event], query)
        return page.items, page.next

    def follow_events(self, *, after: str | None = None) -> Iterator[Event]:
        """Yield events as they happen, for ever; resumes by itself after a broken connection."""
        yield from follow_events(self._transport, f"{API}/events/stream", after)

    # The platform itself

    def is_ready(self) -> bool:
        """Tell whether it answers and can work; False is its own word, not a silence."""
        try:
            self._transport.call("GET", "/readyz")
        except ApiError as error:
            if error.status == httpx.codes.SERVICE_UNAVAILABLE:
                return False
            raise
        return True

    def openapi(self) -> dict[str, Any]:
        """Return the document of the API, with the schema of everything it takes."""
        return self._calls.get("/openapi.json", dict)

    def metrics(self) -> str:
        """Return the platform's own figures, as Prometheus reads them."""
        return self._transport.call("GET", "/metrics").decode("utf-8", "replace")

    # Access

    def whoami(self) -> Role:
        return self._calls.get(f"{API}/whoami", Role)

    def mint_token(
        self, name: str, role: str, service: str | None = None, *, ttl_s: float | None = None
    ) -> TokenView:
        """Return a new token; its secret is shown this once. It ends by itself after `ttl_s`."""
        request = TokenRequest(name=name, role=role, service=service, ttl_s=ttl_s)
        return self._calls.send("POST", f"{API}/tokens", request, TokenView)

    def tokens(self) -> tuple[TokenView, ...]:
        return tuple(self._calls.pages(f"{API}/tokens", TokenView))

    def revoke_token(self, token_id: str) -> None:
        self._transport.call("DELETE", f"{API}/tokens/{quote(token_id, safe='')}")


def _event_filter(
    service: str | None, type_prefix: str | None, actor: str | None
) -> dict[str, str | int | float | None]:
    return {"service": service, "type": type_prefix or None, "actor": actor}


def _service(name: str, rest: str = "") -> str:
    return f"{API}/services/{quote(name, safe='')}{rest}"


def _incident(incident_id: str, rest: str = "") -> str:
    return f"{API}/incidents/{quote(incident_id, safe='')}{rest}"

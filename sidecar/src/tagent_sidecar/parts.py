"""The sidecar's parts, made and joined. Nothing here listens, runs or decides."""

from __future__ import annotations

import secrets
import socket
import time
from collections.abc import Callable
from dataclasses import dataclass
from ipaddress import ip_address
from random import Random

from tagent_contract.faults import FAULT_KINDS
from tagent_contract.reports import Place
from tagent_sidecar import __version__
from tagent_sidecar.admin.pages import PageParts, make_routes
from tagent_sidecar.admin.server import AdminServer
from tagent_sidecar.checks.check import Check
from tagent_sidecar.checks.exec_check import ExecCheck
from tagent_sidecar.checks.health_watch import HealthWatch
from tagent_sidecar.checks.http_check import HttpCheck
from tagent_sidecar.checks.tcp_check import TcpCheck
from tagent_sidecar.fault_orders import FaultOrders
from tagent_sidecar.faults.engine import FaultEngine
from tagent_sidecar.health.check_result import Side
from tagent_sidecar.listeners import Listeners
from tagent_sidecar.metadata_server import MetadataServer
from tagent_sidecar.option_values import HostPort
from tagent_sidecar.options import Options
from tagent_sidecar.platform_link.backoff import Backoff
from tagent_sidecar.platform_link.http import HttpClient
from tagent_sidecar.platform_link.id_tokens import IdTokens
from tagent_sidecar.platform_link.plan_poll import PlanPoll, plan_route
from tagent_sidecar.platform_link.reporter import Reporter
from tagent_sidecar.proxy.proxy import Proxy
from tagent_sidecar.proxy.settings import ProxySettings
from tagent_sidecar.report_source import SidecarReports
from tagent_sidecar.supervisor.process_faults import ProcessFaults, capabilities
from tagent_sidecar.supervisor.process_figures import ProcessMeter
from tagent_sidecar.supervisor.processes import Processes
from tagent_sidecar.supervisor.service import Service
from tagent_sidecar.supervisor.supervised import SupervisedService
from tagent_sidecar.supervisor.watched import WatchedService
from tagent_sidecar.telemetry.log_lines import LogLines
from tagent_sidecar.telemetry.recorder import Recorder
from tagent_sidecar.telemetry.report_assembly import Identity, ReportAssembly
from tagent_sidecar.telemetry.window_buffer import WindowBuffer
from tagent_sidecar.windows import WindowCutter


@dataclass(frozen=True, slots=True)
class Core:
    """What stands between callers and the service, before anything else is known."""

    engine: FaultEngine
    recorder: Recorder
    proxy: Proxy
    missing: dict[str, str]


@dataclass(frozen=True, slots=True)
class Link:
    """The two conversations with the platform, each with a connection of its own."""

    reporter: Reporter
    poll: PlanPoll
    clients: tuple[HttpClient, HttpClient]


@dataclass(frozen=True, slots=True)
class Parts:
    """Everything that runs."""

    core: Core
    identity: Identity
    service: Service
    watch: HealthWatch
    orders: FaultOrders
    process_faults: ProcessFaults
    cutter: WindowCutter
    admin: AdminServer | None
    link: Link | None


def make_core(options: Options) -> Core:
    """Make the proxy and what it needs; it can listen before the rest is there."""
    _, missing = capabilities(
        is_child=bool(options.command),
        has_pid_file=options.pid_file is not None,
        is_cloud_run=options.surroundings.is_cloud_run,
    )
    engine = FaultEngine(protocol=options.protocol, missing=missing, lease_s=options.link.lease_s)
    recorder = Recorder(time.monotonic())
    settings = ProxySettings(
        listen_host=options.listen.host,
        listen_port=options.listen.port,
        target_host=options.target.host,
        target_port=options.target.port,
        protocol=options.protocol,
        connect_timeout_s=options.connect_timeout_s,
        head_timeout_s=options.head_timeout_s,
        connections_max=options.connections_max,
    )
    return Core(engine, recorder, Proxy(settings, engine, recorder), dict(engine.missing))


def new_boot_id() -> str:
    """Return a name for this start of the sidecar."""
    return secrets.token_urlsafe(12)


@dataclass(frozen=True, slots=True)
class Found:
    """What was found out about this sidecar when it started."""

    instance: str
    boot_id: str
    place: Place | None = None


def make_parts(
    options: Options, core: Core, found: Found, wall_clock: Callable[[], float], random: Random
) -> Parts:
    """Make and join all that stands around the proxy, which must be listening."""
    own_secrets = (options.platform.token,) if options.platform else ()
    lines = LogLines(lines_max=options.buffer_log_lines, own_secrets=own_secrets)
    buffer = WindowBuffer(options.buffer_windows)
    listeners = Listeners(lines)
    processes = Processes(adopt=bool(options.command))
    service = _make_service(options, listeners, processes)
    inside, outside = _make_checks(options, core.proxy, processes)
    watch = HealthWatch(
        options.policy.health, core.recorder, listeners, inside=inside, outside=outside
    )
    process_faults = ProcessFaults(service, processes, listeners, options.environment)
    orders = FaultOrders(core.engine, core.proxy, process_faults, listeners.changed)
    listeners.join(service, watch, orders)
    identity = _make_identity(options, core, found)
    cutter = WindowCutter(core.recorder, watch, service, ProcessMeter(), lines, buffer)
    assembly = ReportAssembly(identity, buffer, lines)
    reports = SidecarReports(assembly, core.engine, service, watch, wall_clock)
    link = _make_link(options, identity, reports, listeners, wall_clock, random)
    reporter = link.reporter if link else None
    pages = PageParts(
        identity, watch, service, core.engine, core.recorder, cutter, buffer, reporter
    )
    admin = (
        AdminServer(options.admin.host, options.admin.port, make_routes(pages))
        if options.admin
        else None
    )
    return Parts(core, identity, service, watch, orders, process_faults, cutter, admin, link)


def _make_service(options: Options, listeners: Listeners, processes: Processes) -> Service:
    if not options.command:
        return WatchedService(listeners, pid_file=options.pid_file)
    return SupervisedService(
        options.command,
        options.environment,
        listeners,
        processes,
        policy=options.policy.restart,
        mode=options.mode,
    )


def _make_checks(options: Options, proxy: Proxy, processes: Processes) -> tuple[Check, Check]:
    """Return the check straight at the service, and the one that goes the callers' way."""
    check, target = options.check, options.target
    host, port = proxy.address
    host = _reachable_here(host)
    announce = proxy.expect_check_connection
    match check.kind:
        case "http":
            return (
                HttpCheck(Side.INSIDE, target.host, target.port, check.path),
                HttpCheck(Side.OUTSIDE, host, port, check.path, announce=announce),
            )
        case "exec":
            inside: Check = ExecCheck(check.command, options.environment, processes)
        case _:
            inside = TcpCheck(Side.INSIDE, target.host, target.port)
    return inside, TcpCheck(Side.OUTSIDE, host, port, announce=announce)


def _make_identity(options: Options, core: Core, found: Found) -> Identity:
    host, port = core.proxy.address
    return Identity(
        service=options.service,
        instance=found.instance,
        boot_id=found.boot_id,
        boot_at=time.monotonic(),
        address=options.address or HostPort(_reachable_from_elsewhere(host), port).text,
        protocol=options.protocol,
        supervised=bool(options.command),
        version=__version__,
        capabilities=tuple(kind for kind in FAULT_KINDS if kind not in core.missing),
        missing=core.missing,
        place=found.place,
    )


def _make_link(
    options: Options,
    identity: Identity,
    reports: SidecarReports,
    listeners: Listeners,
    wall_clock: Callable[[], float],
    random: Random,
) -> Link | None:
    platform = options.platform
    if platform is None:
        return None
    headers = {
        "authorization": f"Bearer {platform.token}",
        "user-agent": f"tagent-sidecar/{__version__}",
        "accept": "application/json",
    }
    settings = platform.link
    more = None
    if platform.id_token_audience is not None:
        metadata = MetadataServer(options.surroundings.metadata_host)
        more = IdTokens(metadata, platform.id_token_audience, wall_clock).headers

    def connect() -> HttpClient:
        ca_file = platform.ca_file
        return HttpClient(platform.address, headers, ca_file=ca_file, more_headers=more)

    clients = (connect(), connect())
    reporter = Reporter(clients[0], settings, reports, Backoff(settings.backoff, random))
    route = plan_route(identity.service, identity.instance, identity.boot_id)
    poll = PlanPoll(clients[1], route, settings, listeners, Backoff(settings.backoff, random))
    reports.on_answer = poll.report_answered
    reports.on_superseded = listeners.superseded
    listeners.on_change.append(reporter.changed)
    listeners.on_superseded += [reporter.stop, poll.stop]
    return Link(reporter, poll, clients)


def _reachable_here(host: str) -> str:
    """Return where this machine reaches what listens on `host`."""
    try:
        address = ip_address(host)
    except ValueError:
        return host
    if not address.is_unspecified:
        return host
    return "127.0.0.1" if address.version == 4 else "::1"


def _reachable_from_elsewhere(host: str) -> str:
    """Return where others probably reach it; what cannot be known is `--address`."""
    return socket.gethostname() if _reachable_here(host) != host else host

"""Options: flags and `TAGENT_*` variables become one frozen value. The only file that reads the environment."""

from __future__ import annotations

import argparse
import os
import shlex
import socket
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from tagent_contract.names import InstanceName, ServiceName
from tagent_contract.policy import HealingPolicy, HealthPolicy, Mode, RestartPolicy, ServicePolicy
from tagent_contract.wire import WireError, convert
from tagent_sidecar import __version__
from tagent_sidecar.metadata_server import HOST as METADATA_HOST
from tagent_sidecar.option_table import ROWS, OptionRow
from tagent_sidecar.option_values import HostPort, host_port, is_loopback
from tagent_sidecar.option_values import token as read_token
from tagent_sidecar.platform_link.backoff import BackoffSettings
from tagent_sidecar.platform_link.http import Address, AddressError, parse_address
from tagent_sidecar.platform_link.id_tokens import audience_of
from tagent_sidecar.platform_link.settings import LinkSettings

TOKEN_VARIABLE = "TAGENT_TOKEN"  # noqa: S105 — a variable's name
OWN_VARIABLES = frozenset({TOKEN_VARIABLE, *(row.variable for row in ROWS)})
_TOKEN_FILE_BYTES_MAX = 64 * 1024


class UsageError(Exception):
    """The command line or a variable is wrong; the text is one sentence for a person."""


@dataclass(frozen=True, slots=True)
class Surroundings:
    """What the machine says of itself, for a name that outlives restarts."""

    is_cloud_run: bool = False
    run_service: str = ""
    run_revision: str = ""
    metadata_host: str = METADATA_HOST
    pod_name: str | None = None
    container_hostname: str | None = None


@dataclass(frozen=True, slots=True)
class CheckOptions:
    """How health is checked."""

    kind: str
    path: str
    command: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class PlatformOptions:
    """Where the platform is, and how to talk to it."""

    address: Address
    token: str = field(repr=False)
    ca_file: str | None
    link: LinkSettings
    id_token_audience: str | None = None
    """None: no Google ID token is shown."""


@dataclass(frozen=True, slots=True)
class Options:
    """Everything that can be set about a sidecar."""

    service: str
    instance: str | None
    """None: to be found out from `surroundings` and the port that was taken."""
    listen: HostPort
    target: HostPort
    address: str | None
    protocol: str
    command: tuple[str, ...]
    """Empty: something else runs the service."""
    environment: Mapping[str, str] = field(repr=False)
    """The service's: this process's without what is the sidecar's own, least of all the token."""
    pid_file: Path | None
    mode: Mode
    platform: PlatformOptions | None
    link: LinkSettings
    """Holds without a platform too: windows are cut at its rhythm."""
    check: CheckOptions
    policy: ServicePolicy
    admin: HostPort | None
    drain_timeout_s: float
    buffer_windows: int
    buffer_log_lines: int
    connections_max: int
    head_timeout_s: float
    connect_timeout_s: float
    log_level: str
    surroundings: Surroundings


def read_options(arguments: Sequence[str]) -> Options:
    """Return the options of this process. Raises UsageError; `--help` and `--version` print and exit."""
    return parse_options(arguments, os.environ, find_surroundings(os.environ))


def find_surroundings(environment: Mapping[str, str]) -> Surroundings:
    """Look at where we run."""
    in_container = Path("/.dockerenv").exists() or Path("/run/.containerenv").exists()
    # Inside a container that is not ours alone (a development container), the hostname is no instance's name.
    is_ours = in_container and (os.getpid() == 1 or os.getppid() <= 1)
    in_pod = "KUBERNETES_SERVICE_HOST" in environment
    return Surroundings(
        is_cloud_run="K_SERVICE" in environment,
        run_service=environment.get("K_SERVICE", ""),
        run_revision=environment.get("K_REVISION", ""),
        metadata_host=environment.get("GCE_METADATA_HOST") or METADATA_HOST,
        pod_name=environment.get("POD_NAME") or (socket.gethostname() if in_pod else None),
        container_hostname=socket.gethostname() if is_ours else None,
    )


def parse_options(
    arguments: Sequence[str], environment: Mapping[str, str], surroundings: Surroundings
) -> Options:
    """Return the options; a flag wins over its variable. Raises UsageError."""
    flags, command = _parse_arguments(arguments)
    given = {row.key: _read(row, flags.get(row.key), environment) for row in ROWS}
    port = _take_port(given, environment)
    given["service"] = given["service"] or surroundings.run_service or None
    for row in ROWS:
        if row.key in {"service", "listen", "target"} and given[row.key] is None:
            raise UsageError(f"{row.flag} is missing (or {row.variable})")
    if given["listen"] == given["target"]:
        raise UsageError(
            f"--listen and --target are both {given['listen'].text}: the sidecar would call itself"
        )
    _check_name("--service", given["service"], ServiceName)
    if given["instance"] is not None:
        _check_name("--instance", given["instance"], InstanceName)
    if command and given["pid_file"]:
        raise UsageError(
            "--pid-file is for a service that something else runs: leave it or CMD out"
        )
    link = _link(given)
    return Options(
        service=given["service"],
        instance=given["instance"],
        listen=given["listen"],
        target=given["target"],
        address=given["address"],
        protocol=given["protocol"],
        command=command,
        environment=_service_environment(given, environment, port),
        pid_file=Path(given["pid_file"]) if given["pid_file"] else None,
        mode=Mode(given["mode"]),
        platform=_platform(given, environment, link),
        link=link,
        check=_check(given),
        policy=_policy(given),
        admin=given["admin"],
        drain_timeout_s=given["drain_timeout_s"],
        buffer_windows=given["buffer_windows"],
        buffer_log_lines=given["buffer_log_lines"],
        connections_max=given["connections_max"],
        head_timeout_s=given["head_timeout_s"],
        connect_timeout_s=given["connect_timeout_s"],
        log_level=given["log_level"],
        surroundings=surroundings,
    )


def _parse_arguments(arguments: Sequence[str]) -> tuple[dict[str, str | None], tuple[str, ...]]:
    """Split off CMD, which is none of argparse's business, and read the rest."""
    ours, command = list(arguments), []
    if "--" in ours:
        at = ours.index("--")
        ours, command = ours[:at], ours[at + 1 :]
        if not command:
            raise UsageError("CMD is missing behind --")
    try:
        parsed, unknown = _parser().parse_known_args(ours)
    except argparse.ArgumentError as error:
        raise UsageError(str(error)) from error
    if unknown:
        raise UsageError(
            f"{unknown[0]!r} is no option (see tagent-sidecar run --help); CMD stands behind --"
        )
    if parsed.verb is None:
        raise UsageError("say what to do: tagent-sidecar run --help")
    return {row.key: getattr(parsed, row.key) for row in ROWS}, tuple(command)


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="tagent-sidecar", description="Stands beside a service.", exit_on_error=False
    )
    parser.add_argument("--version", action="version", version=f"tagent-sidecar {__version__}")
    verbs = parser.add_subparsers(dest="verb", metavar="run")
    run = verbs.add_parser(
        "run",
        help="proxy, check, break, heal and report one service",
        usage="tagent-sidecar run --service NAME --listen HOST:PORT --target HOST:PORT [options] [-- CMD ...]",
        description="Stands before a service: its callers connect here. With CMD it is the service's parent and "
        "restarts it when it exits. Ends by SIGTERM or SIGINT.",
        epilog="Each option is also a variable: --check-path is TAGENT_CHECK_PATH. The token is TAGENT_TOKEN or in "
        "--token-file, never on the command line. Exit codes: 0 ended as asked, 1 failed, 2 wrong usage.",
        exit_on_error=False,
        allow_abbrev=False,
    )
    groups: dict[str, argparse._ArgumentGroup] = {}
    for row in ROWS:
        group = groups.get(row.group) or groups.setdefault(
            row.group, run.add_argument_group(row.group)
        )
        default = f" ({row.default})" if row.default is not None else ""
        group.add_argument(row.flag, metavar=row.metavar, help=row.help + default)
    return parser


def _read(row: OptionRow, flag: str | None, environment: Mapping[str, str]) -> Any:
    text, source = flag, row.flag
    if text is None:
        text, source = environment.get(row.variable) or None, row.variable
    if text is None:
        text = row.default
    if text is None:
        return None
    try:
        return row.read(text)
    except ValueError as error:
        raise UsageError(f"{source}: {text!r} {error}") from error


def _take_port(given: dict[str, Any], environment: Mapping[str, str]) -> str | None:
    """Listen where a container's runtime wants it, if nobody said otherwise; return that port."""
    port = environment.get("PORT")
    if given["listen"] is not None or not port:
        return None
    try:
        given["listen"] = host_port(f"0.0.0.0:{port}")
    except ValueError as error:
        raise UsageError(f"PORT: {port!r} {error}") from error
    return port


def _service_environment(
    given: Mapping[str, Any], environment: Mapping[str, str], port: str | None
) -> dict[str, str]:
    """Return what the service is given: not what is the sidecar's own, and its own port where the sidecar took the one it would take."""
    found = {name: value for name, value in environment.items() if name not in OWN_VARIABLES}
    if port is not None:
        found["PORT"] = str(given["target"].port)
    return found


def _check_name(flag: str, name: str, kind: Any) -> None:
    try:
        convert(name, kind)
    except WireError as error:
        raise UsageError(
            f"{flag}: {name!r} is not a name of letters, digits, dots, dashes and underscores "
            "that begins and ends with a letter or digit"
        ) from error


def _link(given: Mapping[str, Any]) -> LinkSettings:
    if given["plan_wait_s"] == 0 and given["plan_interval_s"] * 2 > given["lease_s"]:
        raise UsageError(
            "with --plan-wait-s 0, --plan-interval-s must be at most half of --lease-s"
        )
    return LinkSettings(
        report_interval_s=given["report_interval_s"],
        report_timeout_s=given["report_timeout_s"],
        plan_wait_s=given["plan_wait_s"],
        plan_interval_s=given["plan_interval_s"],
        lease_s=given["lease_s"],
        confirmed_age_max_s=given["confirmed_age_max_s"],
        slow_retry_s=given["slow_retry_s"],
        backoff=BackoffSettings(longest_s=given["retry_longest_s"]),
    )


def _platform(
    given: Mapping[str, Any], environment: Mapping[str, str], link: LinkSettings
) -> PlatformOptions | None:
    if given["platform_url"] is None:
        return None
    try:
        address = parse_address(given["platform_url"])
    except AddressError as error:
        raise UsageError(f"--platform-url: {error}") from error
    ca_file = given["platform_ca_file"]
    if ca_file is not None and not Path(ca_file).is_file():
        raise UsageError(f"--platform-ca-file: there is no file {ca_file!r}")
    token = _token(given["token_file"], environment)
    return PlatformOptions(address, token, ca_file, link, _audience(given, address))


def _audience(given: Mapping[str, Any], address: Address) -> str | None:
    wanted: str | None = given["id_token_audience"]
    if wanted is None:
        return audience_of(address)
    if wanted == "off":
        return None
    if not address.is_tls and not is_loopback(address.host):
        raise UsageError(
            "--id-token-audience: a Google ID token is shown over https only, and --platform-url is not https"
        )
    return wanted


def _token(file: str | None, environment: Mapping[str, str]) -> str:
    if file is not None:
        source = "--token-file"
        try:
            with Path(file).open("rb") as opened:
                text = opened.read(_TOKEN_FILE_BYTES_MAX).decode("utf-8", "replace").strip()
        except OSError as error:
            raise UsageError(f"--token-file: cannot read {file!r}: {error.strerror}") from error
    else:
        source, text = TOKEN_VARIABLE, environment.get(TOKEN_VARIABLE, "").strip()
        if not text:
            raise UsageError(
                f"--platform-url needs the sidecar's token, by {TOKEN_VARIABLE} or --token-file"
            )
    try:
        return read_token(text)
    except ValueError as error:
        raise UsageError(f"{source} {error}") from error


def _check(given: Mapping[str, Any]) -> CheckOptions:
    kind = given["check"] or ("tcp" if given["protocol"] == "tcp" else "http")
    try:
        command = tuple(shlex.split(given["check_command"] or ""))
    except ValueError as error:
        raise UsageError(f"--check-command: {error}") from error
    if (kind == "exec") != bool(command):
        raise UsageError("--check exec and --check-command go together")
    if kind == "http" and given["protocol"] == "tcp":
        raise UsageError("--check http needs --protocol http; use --check tcp or exec")
    return CheckOptions(kind, given["check_path"], command)


def _policy(given: Mapping[str, Any]) -> ServicePolicy:
    def part(kind: Any) -> Any:
        try:
            return convert({name: given[name] for name in kind.__struct_fields__}, kind)
        except WireError as error:
            flag = error.path.removeprefix("$.").replace("_", "-")
            raise UsageError(f"--{flag}: {error.problem}") from error

    return ServicePolicy(
        health=part(HealthPolicy),
        restart=part(RestartPolicy),
        healing=HealingPolicy(mode=Mode(given["mode"])),
    )

"""`tagent doctor`: what is wrong here, with what to do about it."""

from __future__ import annotations

import os
import platform
import sys
from pathlib import Path

import httpx
import typer

from tagent_client.cli import screen
from tagent_client.cli.commands.version import installed_parts
from tagent_client.cli.launch.ports import is_free
from tagent_client.cli.launch.stack_plan import DASHBOARD_PORT, PLATFORM_PORT, SAMPLES
from tagent_client.cli.session import JsonOption
from tagent_client.cli.views.findings import Finding, findings_sheet, instance_findings
from tagent_client.cli.views.words import count, sentence
from tagent_client.client import Client
from tagent_client.errors import ApiError, SettingsError, ShutOutError, UnreachableError
from tagent_client.settings import ClientSettings, home_of, read_settings, read_up_file
from tagent_client.trust import trust

PYTHON_MIN = (3, 11)
DASHBOARD_TIMEOUT_S = 5.0


def doctor(json: JsonOption = False) -> None:
    """Look for what is wrong here, with what to do about it.

    Exits with 0 when nothing is wrong, 1 when something is, 3 when the platform cannot be reached.
    """
    findings = [_python(), _parts(), *_home(home_of(os.environ))]  # noqa: TID251 — as settings.py does
    try:
        settings = read_settings()
    except SettingsError as error:
        findings.append(
            Finding("settings", "bad", sentence(str(error)), "Mend or unset the variable.")
        )
        reached = False
    else:
        found, reached = _platform(settings)
        findings += found
        findings += _dashboard(settings)
        if not reached:
            findings += _default_ports(settings)
    if json:
        screen.show_json([_as_json(finding) for finding in findings])
    else:
        screen.show_sheet(findings_sheet(findings))
    if not reached:
        raise typer.Exit(3)
    if any(finding.grade == "bad" for finding in findings):
        raise typer.Exit(1)


def _as_json(finding: Finding) -> dict[str, str]:
    return {
        "subject": finding.subject,
        "grade": finding.grade,
        "text": finding.text,
        "remedy": finding.remedy,
    }


def _python() -> Finding:
    version = platform.python_version()
    if sys.version_info < PYTHON_MIN:
        return Finding("Python", "bad", version, "Tagent needs Python 3.11 or newer.")
    if sys.platform != "linux":
        text = f"{version} on {sys.platform}"
        return Finding("Python", "warn", text, "Faults on processes (crash, hang, ...) need Linux.")
    return Finding("Python", "good", version)


def _parts() -> Finding:
    found = installed_parts()
    missing = [part for part, number in found.items() if number is None]
    if missing:
        text = f"not installed: {', '.join(missing)}"
        return Finding(
            "parts", "warn", text, "`make setup` installs all; attach needs tagent-sidecar."
        )
    versions = set(found.values())
    if len(versions) > 1:
        told = ", ".join(f"{part} {number}" for part, number in found.items())
        return Finding("parts", "warn", told, "Install the same version of all parts.")
    return Finding("parts", "good", f"all installed, version {versions.pop()}")


def _home(home: Path) -> list[Finding]:
    if not home.exists():
        text = f"{home} is not there yet"
        return [Finding("home", "warn", text, "`tagent up` makes it; or set TAGENT_HOME.")]
    if not os.access(home, os.W_OK | os.X_OK):
        return [Finding("home", "bad", f"{home} cannot be written to", f"chmod u+rwx {home}")]
    exposed = [
        path
        for path in sorted((home / "tokens").rglob("*"))
        if path.is_file() and path.stat().st_mode & 0o077
    ]
    if exposed:
        text = f"others can read {', '.join(str(path) for path in exposed)}"
        return [Finding("tokens", "bad", text, f"chmod 600 {' '.join(map(str, exposed))}")]
    return [Finding("home", "good", f"{home.resolve()}, tokens readable by their owner alone")]


def _platform(settings: ClientSettings) -> tuple[list[Finding], bool]:
    """Look at the platform; the second value tells whether it answers at all."""
    with Client(settings) as client:
        try:
            return _reachable(client), True
        except ShutOutError as error:
            return [Finding("platform", "bad", sentence(str(error)))], False
        except UnreachableError as error:
            remedy = "Start one with `tagent up`, or set TAGENT_URL."
            return [Finding("platform", "bad", sentence(str(error)), remedy)], False


def _reachable(client: Client) -> list[Finding]:
    url = client.settings.url
    if not client.is_ready():
        remedy = "Its log says why: a full disk, or a store that cannot be written?"
        return [Finding("platform", "bad", f"{url} answers, but is not ready to work", remedy)]
    findings = [Finding("platform", "good", f"{url} is ready")]
    try:
        who = client.whoami()
        findings.append(Finding("token", "good", f"{who.name}, role {who.role}"))
        halt = client.halt_state()
        if halt.halted:
            text = f"by {halt.by}: {halt.reason}"
            findings.append(
                Finding("halted", "warn", text, "`tagent release` accepts faults again.")
            )
        findings += _services(client)
    except ApiError as error:
        remedy = (
            "Set TAGENT_TOKEN, or TAGENT_HOME to the folder of the `tagent up` you mean."
            if error.status == 401
            else "Use a token of a person: viewer, operator or admin."
        )
        findings.append(Finding("token", "bad", sentence(str(error)), remedy))
    return findings


def _dashboard(settings: ClientSettings) -> list[Finding]:
    """Look whether the dashboard of a `tagent up` in this home answers."""
    up = read_up_file(settings.home)
    if up is None or up.dashboard is None:
        return []
    try:
        answer = httpx.get(
            f"{up.dashboard}/_stcore/health",
            timeout=DASHBOARD_TIMEOUT_S,
            trust_env=False,
            verify=trust(up.dashboard),
        )
    except httpx.HTTPError:
        pass
    else:
        if answer.is_success:
            return [Finding("dashboard", "good", f"{up.dashboard} answers")]
    remedy = f"Its log says why: {settings.home}/logs/dashboard.log"
    return [Finding("dashboard", "bad", f"{up.dashboard} does not answer as it should", remedy)]


def _services(client: Client) -> list[Finding]:
    services = client.services()
    if not services:
        remedy = "`tagent attach --service NAME --port PORT -- CMD` brings your own."
        return [Finding("services", "warn", "none has reported yet", remedy)]
    own = installed_parts()["tagent-client"] or ""
    return [
        Finding("services", "good", f"{count(len(services), 'service')} known"),
        *instance_findings(services, own),
    ]


def _default_ports(settings: ClientSettings) -> list[Finding]:
    """Look whether `tagent up` would have its ports; pointless while it runs."""
    if read_up_file(settings.home) is not None:
        remedy = (
            f"Its last run did not end properly; `tagent up` starts anew. See {settings.home}/logs."
        )
        return [Finding("up.json", "warn", "a `tagent up` was here and is gone", remedy)]
    own = [port for one in SAMPLES for port in (one.port, one.own_port)]
    ports = [PLATFORM_PORT, DASHBOARD_PORT, *own]
    taken = [str(port) for port in ports if not is_free(port)]
    if taken:
        remedy = "End what uses them, or `tagent up --port-base 0` takes free ones."
        return [Finding("ports", "warn", f"taken by other programs: {', '.join(taken)}", remedy)]
    return [Finding("ports", "good", "those of `tagent up` are free")]

"""`tagent version`."""

from __future__ import annotations

import platform
from importlib.metadata import PackageNotFoundError
from importlib.metadata import version as installed_version

from tagent_client.cli import screen
from tagent_client.cli.session import JsonOption
from tagent_client.cli.views.sheet import Cell, Sheet

PARTS = (
    "tagent-client",
    "tagent-contract",
    "tagent-platform",
    "tagent-sidecar",
    "tagent-dashboard",
    "tagent-samples",
    "chaostoolkit-tagent",
)


def installed_parts() -> dict[str, str | None]:
    """Return part → version, None where it is not installed."""
    found: dict[str, str | None] = {}
    for part in PARTS:
        try:
            found[part] = installed_version(part)
        except PackageNotFoundError:
            found[part] = None
    return found


def version(json: JsonOption = False) -> None:
    """Show the versions of Tagent's parts and of Python."""
    found = {**installed_parts(), "python": platform.python_version()}
    if json:
        screen.show_json(found)
        return
    rows = [(Cell(part, "strong"), number or "not installed") for part, number in found.items()]
    screen.show_sheet(Sheet(("PART", "VERSION"), list(rows)))

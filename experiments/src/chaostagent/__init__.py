"""Chaos Toolkit's way to Tagent: break services through it, ask what it saw, and judge whether it healed as promised.

actions, probes        what an experiment's file may call
controls/              what goes on around it: the run on the platform, the guard, the timeline, the strict verdict
judgement/             PURE: from a journal and the platform's account to a verdict
current_run, evidence  what this process knows of its run, and what the platform does
catalog, running/      experiments by name, and carrying them out one by one, side by side, again and again
reports/               PURE: what came of it, for people and for CI
commands/              `tagent chaos`
"""

import importlib
import pkgutil
from importlib.metadata import PackageNotFoundError, version

from chaoslib.discovery.discover import (
    discover_actions,
    discover_activities,
    discover_probes,
    initialize_discovery_result,
)
from chaoslib.types import DiscoveredActivities, Discovery

__all__ = ["__version__", "discover"]

DISTRIBUTION = "chaostoolkit-tagent"

try:
    __version__ = version(DISTRIBUTION)
except PackageNotFoundError:
    __version__ = "unknown"


def discover(discover_system: bool = True) -> Discovery:
    """Tell `chaos discover` what this extension offers; there is no system to look at."""
    found = initialize_discovery_result(DISTRIBUTION, __version__, "tagent")
    found["activities"].extend(_activities())
    return found


def _activities() -> list[DiscoveredActivities]:
    found = [*discover_actions("chaostagent.actions"), *discover_probes("chaostagent.probes")]
    package = importlib.import_module("chaostagent.controls")
    for module in pkgutil.iter_modules(package.__path__):
        found.extend(discover_activities(f"chaostagent.controls.{module.name}", "control"))
    return found

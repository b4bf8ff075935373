"""What a month on Google Cloud costs, from what was measured and the prices in `prices/google-cloud.json`. Pure but for reading that file."""

from __future__ import annotations

import json
import math
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

PRICES = Path(__file__).with_name("prices") / "google-cloud.json"
HEARTBEATS_AN_HOUR = 720
"""One each five seconds."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Load:
    """How much there is, and what each thing asks of Firestore. Reads are for each replica."""

    services: int
    """Of one instance each."""
    shard_instances: float
    """How many instances' figures fit into one document of a heartbeat."""
    writes_a_change: float
    reads_a_change: float
    writes_an_incident: float
    reads_an_incident: float
    changes_a_day: float = 20.0
    incidents_a_day: float = 0.2
    cpu_ratio_a_sidecar: float = 0.00016
    """Of a core of the platform, with open long-polls (`python -m bench.polling`)."""
    cpu_ratio_a_polling_sidecar: float = 0.0003
    """Likewise with plain polls each 5 s."""
    busy_ratio: float = 0.7
    """How busy an instance may be."""
    replicas_min: int = 2
    platform_gib: float = 1.0
    sidecar_vcpus: float = 1.0
    sidecar_gib: float = 0.25


@dataclass(frozen=True, slots=True)
class Bill:
    """Lines of text by name, in order."""

    services: int
    items: Mapping[str, str] = field(default_factory=dict)


def read_prices() -> Mapping[str, Any]:
    """Return the prices as they are in the file."""
    prices: Mapping[str, Any] = json.loads(PRICES.read_text())
    return prices


def replicas_for(load: Load, prices: Mapping[str, Any], *, long_polls: bool) -> int:
    """Return how many platform instances it takes: an open long-poll holds one of an instance's requests, a plain poll none."""
    cpu = load.cpu_ratio_a_sidecar if long_polls else load.cpu_ratio_a_polling_sidecar
    by_processor = load.services * cpu / load.busy_ratio
    concurrency: int = prices["cloud_run"]["concurrency_max"]
    by_requests = load.services / (concurrency * load.busy_ratio) if long_polls else 0.0
    return max(load.replicas_min, math.ceil(max(by_processor, by_requests)))


def firestore_usd(load: Load, prices: Mapping[str, Any], replicas: int) -> dict[str, float]:
    """Return what Firestore costs a month, by cause."""
    price, hours = prices["firestore"], prices["month_hours"]
    shards = replicas * max(1, math.ceil(load.services / replicas / load.shard_instances))
    beats = HEARTBEATS_AN_HOUR * hours * shards
    days = hours / 24
    changes = load.services * load.changes_a_day * days
    incidents = load.services * load.incidents_a_day * days
    writes = changes * load.writes_a_change + incidents * load.writes_an_incident
    reads = (changes * load.reads_a_change + incidents * load.reads_an_incident) * replicas
    return {
        "heartbeats": beats * (price["write"] + replicas * price["read"]),
        "changes": writes * price["write"] + reads * price["read"],
    }


def instances_usd(count: float, vcpus: float, gib: float, prices: Mapping[str, Any]) -> float:
    """Return what so many instances with CPU always allocated cost a month."""
    run, seconds = prices["cloud_run"], prices["month_hours"] * 3600
    return float(count * seconds * (vcpus * run["vcpu_s"] + gib * run["gib_s"]))


def bill_of(load: Load, prices: Mapping[str, Any]) -> Bill:
    """Return the bill of a month, with long-polls and with plain polls."""
    items: dict[str, str] = {}
    for name, long_polls in (("long-polls", True), ("plain polls each 5 s", False)):
        replicas = replicas_for(load, prices, long_polls=long_polls)
        spent = firestore_usd(load, prices, replicas)
        platform = instances_usd(replicas, 1.0, load.platform_gib, prices)
        items[f"{name}: platform instances"] = f"{replicas:,}"
        items[f"{name}: Firestore, heartbeats"] = usd(spent["heartbeats"])
        items[f"{name}: Firestore, changes and incidents"] = usd(spent["changes"])
        items[f"{name}: Cloud Run, the platform"] = usd(platform)
        items[f"**{name}: in all**"] = usd(sum(spent.values()) + platform)
    sidecars = instances_usd(load.services, load.sidecar_vcpus, load.sidecar_gib, prices)
    items["Cloud Run, the sidecars beside the services, always on"] = usd(sidecars)
    return Bill(load.services, items)


def usd(amount: float) -> str:
    """Return an amount for people."""
    return f"${amount:,.2f}" if amount < 100 else f"${amount:,.0f}"

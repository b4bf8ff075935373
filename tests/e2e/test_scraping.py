"""A real Prometheus with our example files scrapes a real platform and its sidecar: clean, and with every metric that the alerts name."""

from __future__ import annotations

import re
import subprocess
from pathlib import Path

import httpx
import pytest
import yaml

from tagent_client.errors import TagentError
from tagent_contract.faults import Error, Healing
from tagent_contract.reports import Window
from tagent_platform.adapters.series.prometheus_samples import PREFIX, names_of
from tests.e2e.processes import eventually, free_port
from tests.e2e.stack import stack
from tests.fakes.prometheus import MISSING, PrometheusProcess, is_here

FILES = Path(__file__).resolve().parents[2] / "deploy" / "prometheus"
PLATFORM, SIDECAR = '["127.0.0.1:8000"]', '["127.0.0.1:9101"]'


def scraped(address: str) -> str:
    return httpx.get(f"http://{address}/metrics", verify=False, timeout=10).text


def judged(text: str) -> tuple[int, str]:
    ended = subprocess.run(
        ["promtool", "check", "metrics"], input=text, capture_output=True, text=True, check=False
    )
    return ended.returncode, ended.stdout + ended.stderr


def names_in(text: str) -> set[str]:
    return set(re.findall(r"^(\w+)", re.sub(r"(?m)^#.*$", "", text), re.MULTILINE))


def rules() -> list[dict[str, str]]:
    files = [yaml.safe_load((FILES / name).read_text()) for name in ("recording.yml", "alerts.yml")]
    return [rule for file in files for group in file["groups"] for rule in group["rules"]]


@pytest.mark.skipif(not is_here, reason=MISSING)
def test_what_is_scraped_is_clean_and_all_that_the_alerts_ask_for(tmp_path: Path) -> None:
    with stack(tmp_path) as running:
        platform = running.url.removeprefix("http://")
        admin = f"127.0.0.1:{free_port()}"
        sidecar = running.start_sidecar("chat", options=["--admin", admin])
        for _ in range(5):
            sidecar.get()
        with running.client() as client:
            client.inject("chat", Error(ttl_s=120, healing=Healing.OBSERVE))
            with pytest.raises(TagentError):
                client.inject("nobody", Error())
        eventually("it to be affected", lambda: sidecar.status() == 500 and 'fault_injected_total{' in scraped(admin))  # fmt: skip
        # Nothing heals it: what is shown now stays.
        eventually("healing to wait for a person", lambda: 'held_back{reason="fault_observed"} 1' in scraped(platform))  # fmt: skip
        shown = {address: scraped(address) for address in (platform, admin)}
        for address, text in shown.items():
            assert judged(text) == (0, ""), address

        asked_for = {
            name
            for rule in rules()
            for name in re.findall(
                r"\btagent_\w+", re.sub(r"service:\S+|\"[^\"]*\"", "", rule["expr"])
            )
        }
        written = {PREFIX + name for name, _ in names_of(Window.__struct_fields__)}
        written |= {name.replace("_exact", "_bucket") for name in written}
        known = names_in(shown[platform]) | names_in(shown[admin]) | written
        assert len(asked_for) > 12
        assert asked_for - known == set()
        recorded = {rule["record"] for rule in rules() if "record" in rule}
        used = {name for rule in rules() for name in re.findall(r"service:[\w:]+", rule["expr"])}
        assert used - recorded == set()

        config = (FILES / "prometheus.yml").read_text()
        assert PLATFORM in config
        assert SIDECAR in config
        for name in ("recording.yml", "alerts.yml"):
            text = (FILES / name).read_text()
            (tmp_path / name).write_text(text.replace("interval: 30s", "interval: 1s"))
        config = config.replace(PLATFORM, f'["{platform}"]').replace(SIDECAR, f'["{admin}"]')
        prometheus = PrometheusProcess(tmp_path, config=config.replace("15s", "1s"))
        prometheus.start()
        try:

            def all_are_up() -> bool:
                found = prometheus.api("targets")["activeTargets"]
                return bool(found) and all(one["health"] == "up" for one in found)

            eventually("both to be scraped", all_are_up)
            assert {one["lastError"] for one in prometheus.api("targets")["activeTargets"]} == {""}

            def judged_rules() -> set[str]:
                groups = prometheus.api("rules")["groups"]
                return {rule["health"] for group in groups for rule in group["rules"]}

            eventually("every rule to be evaluated", lambda: judged_rules() == {"ok"})
        finally:
            prometheus.kill()

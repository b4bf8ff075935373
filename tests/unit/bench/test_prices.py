"""The bill adds up: checked by hand against the note's own figures."""

from __future__ import annotations

import pytest

from bench.prices import Load, bill_of, firestore_usd, instances_usd, read_prices, replicas_for

PRICES = {
    "month_hours": 720,
    "firestore": {"read": 0.03e-5, "write": 0.09e-5, "delete": 0.01e-5},
    "cloud_run": {"vcpu_s": 18e-6, "gib_s": 2e-6, "concurrency_max": 1000},
}


def load(services: int) -> Load:
    return Load(
        services=services,
        shard_instances=2000,
        writes_a_change=2,
        reads_a_change=2,
        writes_an_incident=10,
        reads_an_incident=10,
    )


def test_the_price_list_says_where_and_when_it_is_from() -> None:
    prices = read_prices()
    assert {"as_of", "region", "sources", "without"} <= set(prices)
    assert prices["firestore"] == pytest.approx(PRICES["firestore"])


def test_a_heartbeat_is_written_once_and_read_by_every_replica() -> None:
    # 720 an hour, 720 hours, 2 replicas: 1 036 800 writes at $0.09 and twice as many reads at $0.03 for 100 000.
    spent = firestore_usd(load(1), PRICES, replicas=2)
    assert spent["heartbeats"] == pytest.approx(1_036_800 * (0.09e-5 + 2 * 0.03e-5))


def test_more_instances_than_fit_into_a_document_take_more_of_them() -> None:
    one = firestore_usd(load(4_000), PRICES, replicas=2)["heartbeats"]
    three = firestore_usd(load(8_001), PRICES, replicas=2)["heartbeats"]
    assert three == pytest.approx(3 * one)


def test_open_long_polls_fill_an_instance_long_before_its_processor_does() -> None:
    assert replicas_for(load(10), PRICES, long_polls=True) == 2
    assert replicas_for(load(100_000), PRICES, long_polls=True) == 143
    assert replicas_for(load(100_000), PRICES, long_polls=False) == 43


def test_an_instance_that_is_always_on_is_paid_by_the_second() -> None:
    assert instances_usd(1, 1.0, 0.5, PRICES) == pytest.approx(2_592_000 * 19e-6)


def test_the_bill_names_every_part() -> None:
    names = list(bill_of(load(1_000), PRICES).items)
    assert len(names) == 11
    assert names[-1].startswith("Cloud Run, the sidecars")

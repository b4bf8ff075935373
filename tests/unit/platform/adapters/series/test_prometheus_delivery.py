from __future__ import annotations

from collections.abc import Callable

import pytest

from tagent_contract.reports import Window
from tagent_platform.adapters.series.prometheus_delivery import FAILURES_MAX, Delivery
from tagent_platform.adapters.series.prometheus_engine import EngineFailedError
from tagent_platform.ports.series import WindowSample

BATCH = [
    WindowSample("chat", f"chat-{n}", float(n), Window(age_s=0.0, duration_s=5.0))
    for n in range(100)
]


def numbers(part: list[WindowSample]) -> list[int]:
    return [int(sample.at) for sample in part]


def deliver(judge: Callable[[list[int]], str], requests_max: int = 32) -> tuple[Delivery, int]:
    delivery, requests = Delivery(BATCH, requests_max), 0
    while part := delivery.next_part():
        requests += 1
        match judge(numbers(part)):
            case "takes":
                delivery.accepted(part)
            case "refuses":
                delivery.refused(part, "400")
            case "fails":
                delivery.failed(part, EngineFailedError("500"))
    return delivery, requests


def test_a_batch_that_is_taken_is_one_request() -> None:
    delivery, requests = deliver(lambda _: "takes")
    assert (requests, delivery.lost, delivery.left(), delivery.failure) == (1, 0, [], None)


@pytest.mark.parametrize("how", ["refuses", "fails"])
@pytest.mark.parametrize("bad", [0, 37, 99])
def test_the_one_window_that_cannot_be_taken_is_found_and_the_others_are_written(
    how: str, bad: int
) -> None:
    delivery, requests = deliver(lambda part: how if bad in part else "takes")
    assert (delivery.count_accepted, delivery.lost, delivery.left()) == (99, 1, [])
    assert requests <= 15
    assert delivery.failure is None


def test_a_failure_of_the_engine_itself_loses_nothing_and_is_not_asked_about_for_long() -> None:
    delivery, requests = deliver(lambda _: "fails")
    assert requests == FAILURES_MAX
    assert delivery.lost == 0
    assert numbers(delivery.left()) == list(range(100))
    assert delivery.failure is not None


def test_an_engine_that_refuses_everything_costs_a_bounded_number_of_requests() -> None:
    delivery, requests = deliver(lambda _: "refuses", requests_max=10)
    assert requests <= 20
    assert (delivery.lost, delivery.left(), delivery.count_accepted) == (100, [], 0)


def test_what_was_not_sent_is_sent_again_in_its_order() -> None:
    delivery = Delivery(BATCH, 32)
    first = delivery.next_part()
    assert first is not None
    delivery.refused(first, "400")
    half = delivery.next_part()
    assert half is not None
    delivery.accepted(half)
    rest = delivery.next_part()
    assert rest is not None
    delivery.put_back(rest)
    assert numbers(delivery.left()) == list(range(50, 100))

from __future__ import annotations

from tagent_contract.plan import RestartOrder
from tagent_contract.reports import AttemptState
from tagent_sidecar.supervisor.restart_orders import KEPT_MAX, RestartOrders


def order(incarnation: str = "1", attempt: str = "a") -> RestartOrder:
    return RestartOrder(incarnation=incarnation, attempt_id=attempt)


def states(orders: RestartOrders) -> list[AttemptState]:
    return [attempt.state for attempt in orders.progress(0.0)]


def test_an_order_for_the_present_incarnation_is_carried_out_once() -> None:
    orders = RestartOrders()
    assert orders.accept(order(), "1", 1.0)
    assert not orders.accept(order(), "1", 2.0)
    assert not orders.accept(order(), "2", 3.0)
    assert states(orders) == [AttemptState.STOPPING]


def test_an_order_for_another_incarnation_does_nothing_and_says_so() -> None:
    orders = RestartOrders()
    assert not orders.accept(order("1"), "2", 1.0)
    (attempt,) = orders.progress(3.0)
    assert attempt.state is AttemptState.NOT_THAT_INCARNATION
    assert attempt.detail == "this is incarnation 2, not 1"
    assert attempt.age_s == 2.0


def test_an_order_that_nothing_can_carry_out_is_refused_once() -> None:
    orders = RestartOrders()
    orders.refuse(order(), "not our child", 1.0)
    orders.refuse(order(), "still not", 2.0)
    (attempt,) = orders.progress(3.0)
    assert (attempt.state, attempt.detail, attempt.age_s) == (
        AttemptState.UNSUPPORTED,
        "not our child",
        2.0,
    )


def test_progress_goes_from_stopping_to_started_to_answered() -> None:
    orders = RestartOrders()
    orders.accept(order(), "1", 1.0)
    assert orders.is_stopping
    orders.started("2", 2.0)
    assert not orders.is_stopping
    (attempt,) = orders.progress(2.0)
    assert (attempt.state, attempt.incarnation) == (AttemptState.STARTED, "2")
    orders.answered("2", 5.0)
    (attempt,) = orders.progress(6.0)
    assert (attempt.state, attempt.incarnation, attempt.age_s) == (
        AttemptState.ANSWERED,
        "2",
        1.0,
    )


def test_two_orders_for_one_incarnation_share_its_successor() -> None:
    orders = RestartOrders()
    assert orders.accept(order(attempt="a"), "1", 1.0)
    assert orders.accept(order(attempt="b"), "1", 1.0)
    orders.started("2", 2.0)
    assert states(orders) == [AttemptState.STARTED] * 2


def test_a_successor_that_cannot_start_or_ends_before_its_answer_fails_the_attempt() -> None:
    orders = RestartOrders()
    orders.accept(order(attempt="a"), "1", 1.0)
    orders.failed("no such command", 2.0)
    orders.accept(order("2", attempt="b"), "2", 3.0)
    orders.started("3", 4.0)
    orders.exited("3", "ended with exit 1", 5.0)
    assert [(a.state, a.detail) for a in orders.progress(6.0)] == [
        (AttemptState.FAILED, "no such command"),
        (AttemptState.FAILED, "ended with exit 1"),
    ]


def test_a_later_exit_or_answer_changes_no_attempt_that_is_over() -> None:
    orders = RestartOrders()
    orders.accept(order(), "1", 1.0)
    orders.started("2", 2.0)
    orders.answered("2", 3.0)
    orders.exited("2", "ended", 4.0)
    orders.answered("3", 5.0)
    orders.started("3", 6.0)
    assert states(orders) == [AttemptState.ANSWERED]


def test_only_the_latest_attempts_are_remembered() -> None:
    orders = RestartOrders()
    for number in range(KEPT_MAX + 5):
        orders.accept(order(attempt=f"a{number}"), "1", 1.0)
    assert [a.attempt_id for a in orders.progress(1.0)] == [
        f"a{number}" for number in range(5, KEPT_MAX + 5)
    ]

"""Messages wait with what they tell of until somebody took them."""

from __future__ import annotations

import dataclasses
import json

import pytest

from tagent_contract.health import Health
from tagent_platform.core.records import DeliveryRecord
from tagent_platform.ports.notifier import NotifyError
from tagent_platform.ports.store import Change
from tagent_platform.usecases.deliver_webhooks import deliver_webhooks, retry_after_s
from tagent_platform.usecases.platform import Limits
from tests.fakes.ward import Ward


@pytest.fixture
def ward() -> Ward:
    return Ward(delivery_tries_max=3, deliveries_kept_max=5)


async def wait(ward: Ward, *ids: str) -> None:
    for number, each in enumerate(ids):
        record = DeliveryRecord(id=each, payload=f'{{"n":{number}}}', created_at=float(number))
        await ward.store.commit([Change(DeliveryRecord, each, record, 0)])


async def test_an_escalation_and_a_resolution_are_told_once_each(ward: Ward) -> None:
    chat = await ward.admit()
    del ward.patients[chat.sidecar.key]
    await ward.live(14.0)
    await deliver_webhooks(ward.platform)
    await deliver_webhooks(ward.platform)
    await ward.admit()
    await ward.live(12.0)
    await deliver_webhooks(ward.platform)
    assert [json.loads(body)["type"] for _, body in ward.notifier.taken] == [
        "incident.escalated",
        "incident.resolved",
    ]
    assert ward.deliveries == []


async def test_a_message_is_committed_with_what_it_tells_of_and_outlives_the_platform(
    ward: Ward,
) -> None:
    chat = await ward.admit()
    del ward.patients[chat.sidecar.key]
    await ward.live(14.0)
    (waiting,) = ward.deliveries
    ward.start()
    await deliver_webhooks(ward.platform)
    assert [message_id for message_id, _ in ward.notifier.taken] == [waiting.id]


async def test_what_fails_is_tried_again_later_and_then_given_up(ward: Ward) -> None:
    await wait(ward, "a")
    ward.notifier.failures = [NotifyError("busy") for _ in range(3)]
    due = await deliver_webhooks(ward.platform)
    (waiting,) = ward.deliveries
    assert (waiting.tries, waiting.last_error, waiting.next_try_at) == (
        1,
        "busy",
        ward.clock.now() + 2,
    )
    assert due == waiting.next_try_at
    assert await deliver_webhooks(ward.platform) == due, "not before its time"
    assert len(ward.notifier.failures) == 2
    await ward.clock.advance(2.0)
    await deliver_webhooks(ward.platform)
    await ward.clock.advance(4.0)
    assert await deliver_webhooks(ward.platform) is None
    assert (ward.deliveries, ward.notifier.taken) == ([], [])


async def test_what_is_refused_for_good_is_given_up_at_once_and_the_next_is_sent(
    ward: Ward,
) -> None:
    await wait(ward, "a", "b")
    ward.notifier.failures = [NotifyError("gone", is_permanent=True)]
    assert await deliver_webhooks(ward.platform) is None
    assert [message_id for message_id, _ in ward.notifier.taken] == ["b"]


async def test_while_the_receiver_is_away_only_one_message_is_tried(ward: Ward) -> None:
    await wait(ward, "a", "b")
    ward.notifier.failures = [NotifyError("away"), NotifyError("away")]
    await deliver_webhooks(ward.platform)
    assert len(ward.notifier.failures) == 1


async def test_a_message_that_keeps_failing_does_not_hold_up_the_others(ward: Ward) -> None:
    await wait(ward, "a", "b")
    ward.notifier.failures = [NotifyError("busy")]
    await deliver_webhooks(ward.platform)
    await deliver_webhooks(ward.platform)
    assert [message_id for message_id, _ in ward.notifier.taken] == ["b"]


async def test_the_oldest_are_dropped_when_too_many_wait(ward: Ward) -> None:
    await wait(ward, *"abcdefg")
    ward.notifier.failures = [NotifyError("away")]
    await deliver_webhooks(ward.platform)
    assert sorted(record.id for record in ward.deliveries) == list("cdefg")


async def test_without_a_webhook_nothing_is_kept_to_be_told(ward: Ward) -> None:
    ward.platform = dataclasses.replace(ward.platform, notifier=None)
    chat = await ward.admit()
    del ward.patients[chat.sidecar.key]
    await ward.live(14.0)
    assert ward.instance().health is Health.OFFLINE
    assert ward.deliveries == []
    assert await deliver_webhooks(ward.platform) is None


@pytest.mark.parametrize(
    ("tries", "wait_s"), [(1, 2), (2, 4), (3, 8), (8, 256), (9, 300), (10_000, 300)]
)
def test_retries_come_at_growing_distances(tries: int, wait_s: float) -> None:
    assert retry_after_s(tries, Limits()) == wait_s

"""The notifier port's promises, kept by the webhook against real receivers."""

from __future__ import annotations

import asyncio
import hashlib
import hmac
import socket
from collections.abc import AsyncIterator

import pytest

from tagent_platform.adapters.notifier.webhook import ANSWER_SHOWN_MAX, WebhookNotifier, signature
from tagent_platform.ports.notifier import NotifyError
from tests.fakes.clock import FakeClock
from tests.fakes.raw_receiver import answering, dripping, endless, raw_receiver, silent
from tests.fakes.webhook_receiver import webhook_receiver

pytestmark = pytest.mark.integration

SECRET = "s3cret"
MESSAGE = '{"text": "chat needs a person — ünïcode"}'.encode()
HANG_S = 10.0


class Notifiers:
    """Makes notifiers, and closes them."""

    def __init__(self) -> None:
        self.made: list[WebhookNotifier] = []

    def to(self, url: str, timeout_s: float = 5.0) -> WebhookNotifier:
        self.made.append(WebhookNotifier(url, SECRET, FakeClock(), timeout_s))
        return self.made[-1]


@pytest.fixture
async def notifiers() -> AsyncIterator[Notifiers]:
    made = Notifiers()
    yield made
    for notifier in made.made:
        await notifier.close()


async def refusal(notifier: WebhookNotifier) -> NotifyError:
    with pytest.raises(NotifyError) as failed:
        await asyncio.wait_for(notifier.notify(MESSAGE, "d1"), HANG_S)
    return failed.value


async def test_the_message_arrives_byte_for_byte_with_its_id_and_signature(
    notifiers: Notifiers,
) -> None:
    with webhook_receiver() as receiver:
        await notifiers.to(receiver.url).notify(MESSAGE, "d1")
    (received,) = receiver.received
    assert received.raw == MESSAGE
    assert received.headers["content-type"] == "application/json"
    assert received.headers["tagent-delivery"] == "d1"
    timestamp = received.headers["tagent-timestamp"]
    assert timestamp == "1800000000"
    signed = hmac.new(SECRET.encode(), f"{timestamp}.".encode() + MESSAGE, hashlib.sha256)
    assert received.headers["tagent-signature"] == f"sha256={signed.hexdigest()}"


def test_another_secret_time_or_body_makes_another_signature() -> None:
    made = {
        signature("a", "1", b"x"),
        signature("b", "1", b"x"),
        signature("a", "2", b"x"),
        signature("a", "1", b"y"),
    }
    assert len(made) == 4


async def test_a_busy_receiver_may_be_tried_again_and_then_takes_it(notifiers: Notifiers) -> None:
    with webhook_receiver(refuse_next=1) as receiver:
        notifier = notifiers.to(receiver.url)
        failed = await refusal(notifier)
        assert not failed.is_permanent
        assert "503" in str(failed)
        await notifier.notify(MESSAGE, "d1")
    assert len(receiver.received) == 1


@pytest.mark.parametrize(
    ("status", "is_permanent"),
    [
        (301, True),
        (307, True),
        (400, True),
        (401, True),
        (404, True),
        (408, False),
        (410, True),
        (425, False),
        (429, False),
        (500, False),
        (502, False),
        (503, False),
    ],
)
async def test_what_is_refused_for_good_and_what_is_not(
    notifiers: Notifiers, status: int, is_permanent: bool
) -> None:
    answer = (
        f"HTTP/1.1 {status} no\r\nlocation: http://127.0.0.1:1/\r\ncontent-length: 5\r\n\r\nsorry"
    )
    async with raw_receiver(answering(answer.encode())) as receiver:
        failed = await refusal(notifiers.to(f"http://{receiver.address}/"))
        assert failed.is_permanent is is_permanent
        assert str(status) in str(failed)
        assert "sorry" in str(failed)
        assert len(receiver.requests) == 1, "a redirect is not followed"


async def test_a_silent_receiver_costs_a_bounded_time(notifiers: Notifiers) -> None:
    async with raw_receiver(silent) as receiver:
        failed = await refusal(notifiers.to(f"http://{receiver.address}/", timeout_s=0.2))
    assert not failed.is_permanent


async def test_a_receiver_that_drips_costs_no_more(notifiers: Notifiers) -> None:
    async with raw_receiver(dripping) as receiver:
        failed = await refusal(notifiers.to(f"http://{receiver.address}/", timeout_s=0.3))
    assert not failed.is_permanent


async def test_an_endless_answer_is_not_read_to_its_end(notifiers: Notifiers) -> None:
    async with raw_receiver(endless) as receiver:
        failed = await refusal(notifiers.to(f"http://{receiver.address}/"))
    assert not failed.is_permanent
    assert len(str(failed)) < ANSWER_SHOWN_MAX + 100


async def test_an_absent_receiver_may_come_back(notifiers: Notifiers) -> None:
    with socket.create_server(("127.0.0.1", 0)) as listener:
        port = listener.getsockname()[1]
    failed = await refusal(notifiers.to(f"http://127.0.0.1:{port}/"))
    assert not failed.is_permanent


@pytest.mark.parametrize("answer", [b"", b"HTTP/1.1", b"rubbish\r\n\r\n"])
async def test_rubbish_is_a_failure_like_any_other(notifiers: Notifiers, answer: bytes) -> None:
    async with raw_receiver(answering(answer)) as receiver:
        failed = await refusal(notifiers.to(f"http://{receiver.address}/"))
    assert not failed.is_permanent


async def test_a_wrong_address_is_refused_for_good(notifiers: Notifiers) -> None:
    assert (await refusal(notifiers.to("http://[::1"))).is_permanent
    assert (await refusal(notifiers.to("ftp://somewhere/"))).is_permanent
    assert (await refusal(notifiers.to("http://127.0.0.1:99999/"))).is_permanent

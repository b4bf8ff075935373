"""When a Google ID token is fetched, shown and replaced."""

from __future__ import annotations

import asyncio

import pytest

from tagent_sidecar.platform_link.http import LinkError, parse_address
from tagent_sidecar.platform_link.id_tokens import (
    HEADER,
    REFRESH_BEFORE_S,
    RETRY_AFTER_S,
    IdTokens,
    audience_of,
    lasting_s,
)
from tests.fakes.metadata_server import make_token

AUDIENCE = "https://platform-abc.run.app"


class Metadata:
    """Gives what it is told to, and counts."""

    def __init__(self, *said: str | LinkError) -> None:
        self.said = list(said)
        self.asked: list[str] = []

    async def get(self, name: str) -> str:
        self.asked.append(name)
        await asyncio.sleep(0)
        found = self.said.pop(0) if len(self.said) > 1 else self.said[0]
        if isinstance(found, LinkError):
            raise found
        return found


class Time:
    """Both clocks."""

    def __init__(self) -> None:
        import time

        self.wall_at_start = time.time()
        self.now = 0.0

    def wall(self) -> float:
        return self.wall_at_start + self.now

    def monotonic(self) -> float:
        return self.now


def tokens(metadata: Metadata, time: Time) -> IdTokens:
    return IdTokens(metadata, AUDIENCE, time.wall, time.monotonic)


@pytest.mark.parametrize(
    ("url", "audience"),
    [
        ("https://platform-abc.run.app", "https://platform-abc.run.app"),
        ("https://platform-abc.a.run.app/base", "https://platform-abc.a.run.app"),
        ("http://platform-abc.run.app", None),
        ("https://tagent.example.com", None),
        ("https://run.app.example.com", None),
        ("http://127.0.0.1:8000", None),
    ],
)
def test_a_cloud_run_service_is_its_own_audience(url: str, audience: str | None) -> None:
    assert audience_of(parse_address(url)) == audience


async def test_one_token_serves_until_shortly_before_its_end() -> None:
    first, second = make_token(AUDIENCE, serial=1), make_token(AUDIENCE, serial=2, lasts_s=7200)
    metadata, time = Metadata(first, second), Time()
    kept = tokens(metadata, time)
    found = await asyncio.gather(kept.headers(), kept.headers())
    assert found == [{HEADER: f"Bearer {first}"}] * 2
    assert metadata.asked == [
        "instance/service-accounts/default/identity?audience=https%3A%2F%2Fplatform-abc.run.app"
    ]
    time.now = 3600 - REFRESH_BEFORE_S - 2
    await kept.headers()
    assert len(metadata.asked) == 1
    time.now = 3600 - REFRESH_BEFORE_S + 2
    assert await kept.headers() == {HEADER: f"Bearer {first}"}, "nobody waits for the next one"
    await settle()
    assert await kept.headers() == {HEADER: f"Bearer {second}"}


async def test_a_request_that_is_given_up_does_not_take_the_answer_with_it() -> None:
    metadata = Metadata(make_token(AUDIENCE))
    kept = tokens(metadata, Time())
    asking = asyncio.ensure_future(kept.headers())
    await asyncio.sleep(0)
    asking.cancel()
    await settle()
    assert HEADER in await kept.headers()
    assert len(metadata.asked) == 1


async def settle() -> None:
    """Let everything that can go on do so."""
    for _ in range(10):
        await asyncio.sleep(0)


async def test_a_failure_leaves_the_old_token_while_it_holds_and_is_not_asked_about_each_time(
    caplog: pytest.LogCaptureFixture,
) -> None:
    token = make_token(AUDIENCE)
    metadata, time = Metadata(token, LinkError("away")), Time()
    kept = tokens(metadata, time)
    await kept.headers()
    time.now = 3500
    for _ in range(5):
        assert await kept.headers() == {HEADER: f"Bearer {token}"}
        await settle()
    assert len(metadata.asked) == 2
    time.now += RETRY_AFTER_S
    await kept.headers()
    await settle()
    assert len(metadata.asked) == 3
    time.now = 3601
    assert await kept.headers() == {}
    assert len([line for line in caplog.messages if "no Google ID token" in line]) == 1


async def test_it_is_said_when_there_is_one_again(caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level("INFO")
    time = Time()
    kept = tokens(Metadata(LinkError("away"), make_token(AUDIENCE)), time)
    assert await kept.headers() == {}
    time.now += RETRY_AFTER_S
    assert HEADER in await kept.headers()
    assert any("again" in line for line in caplog.messages)


@pytest.mark.parametrize(
    "said",
    [
        "",
        "no token",
        "a.b.c",
        "a.e30.c",
        "a\r\nx: y.b.c",
        make_token(AUDIENCE, lasts_s=-1),
        "a" * 9000,
    ],
)
async def test_what_is_no_token_is_never_shown(said: str) -> None:
    with pytest.raises(ValueError, match="token"):
        lasting_s(said, Time().wall())
    assert await tokens(Metadata(said), Time()).headers() == {}


def test_a_token_that_claims_to_last_for_ever_lasts_an_hour() -> None:
    assert lasting_s(make_token(AUDIENCE, lasts_s=10**6), Time().wall()) == 3600

from __future__ import annotations

from typing import Any

import pytest

from tagent_platform.api.errors import ProblemError
from tagent_platform.api.gate import CallerGoneError, needs_token, read_body, replay
from tests.fakes.api import Api


def scope(**headers: str) -> dict[str, Any]:
    encoded = [(name.replace("_", "-").encode(), value.encode()) for name, value in headers.items()]
    return {"type": "http", "headers": encoded}


class Sender:
    """Gives the parts of a body, and notes how many were taken."""

    def __init__(self, *parts: bytes, goes_away: bool = False) -> None:
        self.parts = list(parts)
        self.goes_away = goes_away
        self.taken = 0

    async def __call__(self) -> dict[str, Any]:
        if self.goes_away and self.taken == len(self.parts):
            return {"type": "http.disconnect"}
        part = self.parts[self.taken]
        self.taken += 1
        more = self.goes_away or self.taken < len(self.parts)
        return {"type": "http.request", "body": part, "more_body": more}


async def test_a_body_in_parts_is_read_whole() -> None:
    assert await read_body(scope(), Sender(b"ab", b"", b"cd"), 4) == b"abcd"


async def test_a_declared_length_over_the_limit_is_refused_before_a_byte_is_read() -> None:
    sender = Sender(b"x")
    with pytest.raises(ProblemError) as caught:
        await read_body(scope(content_length="100000000"), sender, 10)
    assert caught.value.problem.status == 413
    assert sender.taken == 0


@pytest.mark.parametrize("parts", [(b"x" * 11,), (b"x" * 6, b"x" * 5, b"x" * 1000)])
async def test_a_body_that_grows_over_the_limit_is_refused_there(parts: tuple[bytes, ...]) -> None:
    sender = Sender(*parts)
    with pytest.raises(ProblemError) as caught:
        await read_body(scope(), sender, 10)
    assert caught.value.problem.status == 413
    assert sender.taken == min(len(parts), 2)


async def test_a_body_of_just_the_limit_is_taken() -> None:
    assert await read_body(scope(content_length="10"), Sender(b"x" * 10), 10) == b"x" * 10


async def test_a_length_that_is_no_number_is_refused() -> None:
    with pytest.raises(ProblemError) as caught:
        await read_body(scope(content_length="ten"), Sender(b""), 10)
    assert caught.value.problem.field == "content-length"


async def test_who_goes_away_in_the_middle_is_not_answered() -> None:
    with pytest.raises(CallerGoneError):
        await read_body(scope(), Sender(b"half", goes_away=True), 10)


async def test_a_read_body_is_given_once_and_then_what_the_connection_says() -> None:
    again = replay(b"whole", Sender(goes_away=True))
    assert await again() == {"type": "http.request", "body": b"whole", "more_body": False}
    assert await again() == {"type": "http.disconnect"}


@pytest.mark.parametrize(
    ("path", "guarded"),
    [
        ("/telemetry", True),
        ("/inject-fault", True),
        ("/api/v1/services", True),
        ("/api/v1/", True),
        ("/healthz", False),
        ("/docs", False),
        ("/openapi.json", False),
    ],
)
def test_all_of_the_api_is_behind_the_tokens(path: str, guarded: bool) -> None:
    assert needs_token(path) is guarded


async def test_every_documented_route_under_the_prefix_wants_a_token(api: Api) -> None:
    document = (await api.get("/openapi.json", as_role=None)).json()
    asked = 0
    for path, methods in document["paths"].items():
        for method in methods:
            answer = await api.ask(method.upper(), path, as_role=None)
            if path in ("/healthz", "/readyz", "/metrics"):
                assert answer.status_code in (200, 503)
                continue
            assert answer.status_code == 401, f"{method} {path}"
            assert answer.headers["www-authenticate"].startswith("Bearer")
            assert answer.headers["content-type"] == "application/problem+json"
            asked += 1
    assert asked > 20


async def test_a_large_body_is_a_problem_of_its_own() -> None:
    async with Api(body_bytes_max=100, telemetry_body_bytes_max=1000) as api:
        body = b'{"reason":"' + b"x" * 200 + b'"}'
        answer = await api.ask("PUT", "/api/v1/halt", content=body)
        assert answer.status_code == 413
        assert answer.json()["type"] == "urn:tagent:problem:too-large"
        await api.mint("sidecar", "chat")
        assert (await api.post("/telemetry", as_role="chat", content=body)).status_code == 422


async def test_who_asks_too_often_is_told_when_to_come_back() -> None:
    async with Api(requests_per_s=0.1) as api:
        first = await api.get("/api/v1/whoami")
        assert first.status_code == 200
        answer = await api.get("/api/v1/whoami")
        assert answer.status_code == 429
        assert int(answer.headers["retry-after"]) >= 1
        assert answer.json()["type"] == "urn:tagent:problem:rate-limited"
        assert (await api.get("/api/v1/whoami", as_role="viewer")).status_code == 200


async def test_guessing_tokens_is_slowed_down_and_keeps_nobody_else_out() -> None:
    async with Api() as api:
        api.tokens["guess"] = "guess"
        statuses = [
            (await api.get("/api/v1/whoami", as_role="guess")).status_code for _ in range(25)
        ]
        assert statuses[0] == 401
        assert statuses[-1] == 429
        assert (await api.get("/api/v1/whoami")).status_code == 200


async def test_a_revoked_token_is_out_at_once(api: Api) -> None:
    listed = (await api.get("/api/v1/tokens", as_role="admin")).json()["items"]
    viewer = next(token for token in listed if token["name"] == "viewer")
    assert (await api.get("/api/v1/whoami", as_role="viewer")).status_code == 200
    revoked = await api.ask("DELETE", f"/api/v1/tokens/{viewer['id']}", as_role="admin")
    assert revoked.status_code == 204
    assert (await api.get("/api/v1/whoami", as_role="viewer")).status_code == 401


@pytest.mark.parametrize("header", ["", "Bearer", "Bearer ", "Basic eDp5", "bearer nobody", "x"])
async def test_what_is_no_known_bearer_token_is_401(api: Api, header: str) -> None:
    answer = await api.get("/api/v1/whoami", as_role=None, headers={"authorization": header})
    assert answer.status_code == 401

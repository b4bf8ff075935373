"""Who gets past the gate: by name of host, by page of origin, by session; over HTTP and websockets alike."""

from __future__ import annotations

from typing import Any

import pytest
from starlette.types import Receive, Scope, Send

from tagent_dashboard.doorway.gate import COOKIE, GRACE_S, LOOPBACK_HOSTS, Gate, Rules
from tagent_dashboard.doorway.sessions import Sessions
from tests.fakes.access import ADDRESS, FakeAccess
from tests.fakes.asgi import Socket, ask

HOST = {"host": "127.0.0.1:8501"}
LOCAL = Rules(asks=False, hosts=LOOPBACK_HOSTS)
ASKING = Rules(asks=True)
PAGE_ASKS = Rules(asks=True, page_asks=True)


async def inside(scope: Scope, receive: Receive, send: Send) -> None:
    """What is behind the gate: says `inside`, and repeats what a websocket says."""
    if scope["type"] == "http":
        await send({"type": "http.response.start", "status": 200, "headers": []})
        await send({"type": "http.response.body", "body": b"inside"})
        return
    await receive()
    await send({"type": "websocket.accept"})
    while (message := await receive())["type"] != "websocket.disconnect":
        await send({"type": "websocket.send", "text": message["text"], "headers": scope["headers"]})
    await send({"type": "websocket.send", "text": "too late"})


class Front:
    def __init__(self, rules: Rules) -> None:
        self.access = FakeAccess()
        self.access.let_in("ann", "ann")
        self.now = 0.0
        self.sessions = Sessions(ADDRESS, now=lambda: self.now, connect=self.access.connect)
        self.gate = Gate(inside, self.sessions, rules)

    async def get(self, path: str, method: str = "GET", **headers: str) -> Any:
        named = {name.replace("_", "-"): text for name, text in headers.items()}
        return await ask(self.gate, method, path, headers=named)

    def socket(self, **headers: str) -> Socket:
        return Socket(self.gate, "/_stcore/stream", {**HOST, **headers})

    async def admits(self, **headers: str) -> bool:
        """Tell whether a websocket with these headers is accepted."""
        socket = self.socket(**headers)
        first = await socket.hear()
        if first["type"] == "websocket.accept":
            await socket.leave()
            return True
        assert first["type"] == "websocket.close"
        await socket.end()
        return False


@pytest.mark.parametrize(
    "host", ["127.0.0.1:8501", "localhost:8501", "LOCALHOST", "[::1]:8501", "127.0.0.1"]
)
async def test_a_local_dashboard_answers_to_this_machine_s_names(host: str) -> None:
    front = Front(LOCAL)
    assert (await front.get("/", host=host)).text == "inside"
    assert await front.admits(host=host)


@pytest.mark.parametrize(
    "host",
    [
        "evil.example", "127.0.0.1.evil.example:8501", "localhost.evil.example", "evil@localhost.x", "0.0.0.0:8501", "",
        "[::1", "192.168.1.7:8501",
    ],
)  # fmt: skip
async def test_a_local_dashboard_answers_to_no_other_name(host: str) -> None:
    front = Front(LOCAL)
    answer = await front.get("/", host=host)
    assert answer.status_code == 421
    assert "answers to 127.0.0.1" in answer.text
    assert not await front.admits(host=host)


@pytest.mark.parametrize("header", ["x-forwarded-for", "forwarded", "via"])
async def test_a_local_dashboard_is_not_served_through_a_proxy(header: str) -> None:
    front = Front(LOCAL)
    answer = await ask(front.gate, "GET", "/", headers={header: "203.0.113.7"})
    assert answer.status_code == 403
    assert "TAGENT_DASHBOARD_SIGN_IN=always" in answer.text
    assert not await front.admits(**{header: "203.0.113.7"})
    behind = Front(ASKING)
    behind.access.let_in("ann", "ann")
    cookie = f"{COOKIE}={behind.sessions.sign_in('ann')}"
    answer = await ask(behind.gate, "GET", "/", headers={header: "x", "cookie": cookie})
    assert answer.text == "inside"


@pytest.mark.parametrize("rules", [LOCAL, ASKING, PAGE_ASKS])
@pytest.mark.parametrize(
    "origin",
    ["http://evil.example", "http://localhost:3000", "http://127.0.0.1:8502", "null", "http://["],
)
async def test_another_page_may_ask_nothing_in_a_person_s_name(rules: Rules, origin: str) -> None:
    front = Front(rules)
    cookie = f"{COOKIE}={front.sessions.sign_in('ann')}"
    for method in ("GET", "POST", "DELETE"):
        answer = await front.get("/sign-in", method, origin=origin, cookie=cookie, **HOST)
        assert answer.status_code == 403
    assert not await front.admits(origin=origin, cookie=cookie)


@pytest.mark.parametrize("rules", [LOCAL, ASKING])
async def test_our_own_page_may(rules: Rules) -> None:
    front = Front(rules)
    cookie = f"{COOKIE}={front.sessions.sign_in('ann')}"
    origin = "http://127.0.0.1:8501"
    assert (await front.get("/", "POST", origin=origin, cookie=cookie, **HOST)).text == "inside"
    assert await front.admits(origin=origin, cookie=cookie)


@pytest.mark.parametrize(
    ("path", "target"),
    [
        ("/", "/sign-in?next=/"),
        ("/incidents?id=i7&x=a%26b", "/sign-in?next=/incidents%3Fid%3Di7%26x%3Da%2526b"),
        ("//evil.example/", "/sign-in?next=//evil.example/"),
        ("/sign-inx", "/sign-in?next=/sign-inx"),
        ("/sign-in/", "/sign-in?next=/sign-in/"),
        ("/media/x.csv", "/sign-in?next=/media/x.csv"),
    ],
)
async def test_whoever_is_not_signed_in_is_sent_to_sign_in(path: str, target: str) -> None:
    front = Front(ASKING)
    answer = await front.get(f"http://127.0.0.1:8501{path}", cookie=f"{COOKIE}=made-up")
    assert (answer.status_code, answer.headers["location"]) == (303, target)


@pytest.mark.parametrize(
    ("method", "path"),
    [("POST", "/"), ("PUT", "/_stcore/upload_file/x"), ("GET", "/_stcore/host-config"), ("GET", "/_stcore/metrics")],
)  # fmt: skip
async def test_what_is_no_page_is_refused_without_a_session(method: str, path: str) -> None:
    answer = await Front(ASKING).get(path, method)
    assert answer.status_code == 401
    assert "/sign-in" in answer.text


@pytest.mark.parametrize("path", ["/sign-in", "/_stcore/health", "/brand/logo.svg"])
async def test_the_way_to_a_session_is_open(path: str) -> None:
    assert (await Front(ASKING).get(path)).text == "inside"


@pytest.mark.parametrize("host", ["x/sign-in?", "x/brand/?", "x/_stcore/health#", "x/sign-in?:1"])
async def test_a_host_that_is_shaped_like_an_open_path_opens_nothing(host: str) -> None:
    front = Front(ASKING)
    assert (await front.get("/", host=host)).status_code == 303
    assert not await front.admits(host=host)


async def test_a_session_opens_pages_and_websockets_until_it_ends() -> None:
    front = Front(ASKING)
    name = front.sessions.sign_in("ann")
    cookie = f"other=1; {COOKIE}={name}"
    assert (await front.get("/", cookie=cookie)).text == "inside"
    assert await front.admits(cookie=cookie)
    assert not await front.admits(cookie=f"{COOKIE}=made-up")
    assert not await front.admits()
    front.sessions.sign_out(name)
    assert (await front.get("/", cookie=cookie)).status_code == 303
    assert not await front.admits(cookie=cookie)


async def test_an_open_page_gets_no_answer_after_its_session_has_ended() -> None:
    front = Front(ASKING)
    name = front.sessions.sign_in("ann")
    socket = front.socket(cookie=f"{COOKIE}={name}")
    await socket.hear()
    await socket.say("before")
    assert (await socket.hear())["text"] == "before"
    front.sessions.sign_out(name)
    await socket.say("so that the page can say so")
    assert (await socket.hear())["text"] == "so that the page can say so"
    front.now += GRACE_S + 1

    await socket.say("after")

    closed = await socket.hear()
    assert (closed["type"], closed["code"]) == ("websocket.close", 4401)
    await socket.end()
    assert socket._outgoing.empty()


async def test_where_the_page_asks_anybody_may_open_it_and_is_followed_once_it_knows_them() -> None:
    front = Front(PAGE_ASKS)
    assert (await front.get("/")).text == "inside"
    socket = front.socket(**{"x-tagent-connection": "chosen by the caller"})
    await socket.hear()
    await socket.say("who am I?")
    headers = (await socket.hear())["headers"]
    numbers = [text.decode() for name, text in headers if name == b"x-tagent-connection"]
    assert len(numbers) == 1
    assert numbers != ["chosen by the caller"]
    name = front.sessions.sign_in("ann")
    front.sessions.see(numbers[0], name)
    front.now += GRACE_S + 1
    await socket.say("still here")
    assert (await socket.hear())["text"] == "still here"
    front.sessions.sign_out(name)
    front.now += GRACE_S + 1
    await socket.say("after")
    assert (await socket.hear())["code"] == 4401
    await socket.end()

"""Answers are asked for once, however many look, and what went wrong is kept no longer than it must."""

from __future__ import annotations

import threading
from collections.abc import Callable
from typing import Any, cast

import pytest

from tagent_client.client import Client
from tagent_client.errors import UnreachableError
from tagent_dashboard.live.answer_cache import AGAIN_AFTER_S, FORGOTTEN_AFTER_S, KEPT, AnswerCache


class Asked:
    """A platform of which only the clock and the count of questions matter."""

    def __init__(self, client: Any = "client") -> None:
        self.now = 100.0
        self.times = 0
        self.is_down = False
        self.cache = AnswerCache(
            lambda: cast("Client | None", client), now=lambda: self.now, wait_s=(30, 30)
        )

    def ask(self, _client: Client) -> int:
        self.times += 1
        if self.is_down:
            raise UnreachableError("nobody answers")
        return self.times

    def get(self, key: Any = "key", younger_than_s: float = 10.0) -> Any:
        ask: Callable[[Client], int] = self.ask
        return self.cache.get(key, ask, younger_than_s=younger_than_s)


def test_it_asks_once_while_the_answer_is_young() -> None:
    asked = Asked()
    assert [asked.get().value, asked.get().value] == [1, 1]
    asked.now += 10
    assert asked.get().value == 2
    assert asked.get().taken_at == 110.0


def test_each_key_is_a_question_of_its_own() -> None:
    asked = Asked()
    assert [asked.get("a").value, asked.get("b").value, asked.get("a").value] == [1, 2, 1]


def test_after_a_failure_the_last_answer_stays_with_the_problem_and_is_asked_for_again_soon() -> (
    None
):
    asked = Asked()
    asked.get(younger_than_s=300)
    asked.now, asked.is_down = 500.0, True
    answer = asked.get(younger_than_s=300)
    assert (answer.value, answer.taken_at, answer.problem) == (1, 100.0, "nobody answers")
    asked.get(younger_than_s=300)
    assert asked.times == 2
    asked.now, asked.is_down = 500.0 + AGAIN_AFTER_S, False
    assert asked.get(younger_than_s=300).problem == ""


def test_what_is_forgotten_is_asked_for_at_once() -> None:
    asked = Asked()
    asked.get()
    asked.cache.forget("key")
    assert asked.get().value == 2


def test_while_nobody_is_signed_in_nothing_is_asked() -> None:
    asked = Asked(client=None)
    assert (asked.get().value, asked.times) == (None, 0)


def test_what_cannot_be_read_is_a_problem_too(caplog: pytest.LogCaptureFixture) -> None:
    asked = Asked()

    def ask(_client: Client) -> int:
        raise KeyError("unexpected")

    answer = asked.cache.get("key", ask, younger_than_s=10)
    assert "could not read" in answer.problem
    assert "an answer could not be read" in caplog.text


def test_a_page_does_not_wait_for_a_platform_that_hangs() -> None:
    may_answer = threading.Event()
    now = [100.0]
    cache = AnswerCache(
        lambda: cast("Client | None", "client"), now=lambda: now[0], wait_s=(0.01, 0.01)
    )

    def ask(_client: Client) -> str:
        may_answer.wait(30)
        return "late"

    assert cache.get("key", ask, younger_than_s=10).value is None
    assert cache.get("key", ask, younger_than_s=10).value is None
    may_answer.set()
    cache._wait_unknown_s = 30
    assert cache.get("key", ask, younger_than_s=10).value == "late"


def test_it_keeps_no_more_than_so_many() -> None:
    asked = Asked()
    for number in range(KEPT + 1):
        asked.get(number)
    asked.get(0)
    assert asked.times == KEPT + 2


def test_what_nobody_looks_at_any_more_is_forgotten() -> None:
    asked = Asked()
    asked.get("old", younger_than_s=10_000)
    asked.now += FORGOTTEN_AFTER_S - 1
    asked.get("new")
    assert asked.get("old", younger_than_s=10_000).value == 1
    asked.now += FORGOTTEN_AFTER_S + 1
    asked.get("new")
    assert asked.get("old", younger_than_s=10_000).value != 1

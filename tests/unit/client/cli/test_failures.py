"""Failures in words, with their exit code."""

from __future__ import annotations

import pytest

from tagent_client.cli.failures import CommandFailedError, WrongUsageError, explain
from tagent_client.errors import ApiError, SettingsError, StreamBrokenError, UnreachableError
from tagent_contract.problems import Problem


def refusal(**fields: object) -> ApiError:
    known: dict[str, object] = {"type": "t", "title": "Refused", "status": 409}
    return ApiError(Problem(**{**known, **fields}))  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("error", "code", "text"),
    [
        (UnreachableError("nobody there"), 3, "Nobody there."),
        (SettingsError("TAGENT_URL is odd"), 2, "TAGENT_URL is odd."),
        (WrongUsageError("name a service"), 2, "Name a service."),
        (CommandFailedError("port 1 is taken\nport 2 too"), 1, "Port 1 is taken\nport 2 too."),
        (StreamBrokenError("no event"), 1, "No event."),
        (refusal(), 1, "Refused."),
        (refusal(status=422, field="$.ttl_s", detail="too long"), 2, "ttl_s: Too long."),
        (refusal(detail="all is halted", reason="halted"), 1, "All is halted."),
    ],
)
def test_each_failure_has_its_exit_code(error: Exception, code: int, text: str) -> None:
    explained = explain(error)
    assert explained is not None
    assert (explained.code, explained.text) == (code, text)


def test_a_refusal_says_what_to_do() -> None:
    explained = explain(refusal(reason="halted"))
    assert explained is not None
    assert "tagent release" in explained.hint


def test_an_unknown_name_comes_with_the_near_ones() -> None:
    explained = explain(refusal(status=404, near=("chat-service", "chat")))
    assert explained is not None
    assert explained.hint == "Did you mean chat-service or chat?"


def test_near_names_that_the_platform_has_already_said_are_not_said_again() -> None:
    explained = explain(refusal(status=404, detail="did you mean chat?", near=("chat",)))
    assert explained is not None
    assert explained.hint == ""


def test_until_when_is_said() -> None:
    explained = explain(refusal(detail="held", until="2026-01-31T09:30:00.000Z"))
    assert explained is not None
    assert explained.text.startswith("Held. Until ")


def test_what_nobody_foresaw_is_not_explained_away() -> None:
    assert explain(KeyError("bug")) is None

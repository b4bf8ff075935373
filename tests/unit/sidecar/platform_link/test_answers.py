from __future__ import annotations

import pytest

from tagent_contract.problems import Problem
from tagent_contract.wire import encode
from tagent_sidecar.platform_link.answers import (
    RETRY_AFTER_S_MAX,
    Meaning,
    confirmed_at,
    describe,
    read_meaning,
    retry_after_s,
)
from tagent_sidecar.platform_link.http import Answer


def answer(status: int = 200, body: bytes = b"", **headers: str) -> Answer:
    named = {name.replace("_", "-"): value for name, value in headers.items()}
    return Answer(status, named, body, sent_at=100.0)


@pytest.mark.parametrize(
    ("status", "meaning"),
    [
        (200, Meaning.TAKEN),
        (304, Meaning.UNCHANGED),
        (301, Meaning.UNKNOWN_ROUTE),
        (400, Meaning.UNACCEPTABLE),
        (401, Meaning.SHUT_OUT),
        (403, Meaning.SHUT_OUT),
        (404, Meaning.UNKNOWN_ROUTE),
        (409, Meaning.BUSY),
        (413, Meaning.UNACCEPTABLE),
        (422, Meaning.UNACCEPTABLE),
        (429, Meaning.BUSY),
        (500, Meaning.BUSY),
        (503, Meaning.BUSY),
    ],
)
def test_each_status_has_one_meaning(status: int, meaning: Meaning) -> None:
    assert read_meaning(answer(status)) is meaning


@pytest.mark.parametrize("status", [401, 403])
def test_the_platforms_own_refusal_is_told_from_one_before_it(status: int) -> None:
    problem = Problem(type="urn:tagent:problem:unauthenticated", title="no", status=status)
    assert read_meaning(answer(status, encode(problem))) is Meaning.DENIED
    assert read_meaning(answer(status, b"<html>Forbidden")) is Meaning.SHUT_OUT


def test_superseded_is_told_from_other_conflicts_by_its_reason() -> None:
    problem = Problem(type="x", title="refused", status=409, reason="superseded")
    assert read_meaning(answer(409, encode(problem))) is Meaning.SUPERSEDED
    assert read_meaning(answer(409, b"<html>")) is Meaning.BUSY


def test_the_lease_counts_from_when_the_question_was_sent() -> None:
    assert confirmed_at(answer(tagent_confirmed_age_s="0.2"), 10.0) == 100.0


@pytest.mark.parametrize("age", ["10.1", "-1", "nan", "inf", "soon", ""])
def test_an_old_or_odd_confirmation_renews_nothing(age: str) -> None:
    assert confirmed_at(answer(tagent_confirmed_age_s=age), 10.0) is None


def test_no_confirmation_renews_nothing() -> None:
    assert confirmed_at(answer(), 10.0) is None


@pytest.mark.parametrize(
    ("header", "wait_s"), [("2", 2.0), ("1e9", RETRY_AFTER_S_MAX), ("Wed, 21 Oct", 0.0)]
)
def test_retry_after_is_believed_within_bounds(header: str, wait_s: float) -> None:
    assert retry_after_s(answer(503, retry_after=header)) == wait_s


def test_an_answer_is_described_in_one_line() -> None:
    problem = Problem(type="x", title="invalid", status=422, field="$.reports[0]", detail="no")
    assert describe(answer(422, encode(problem))) == "422 invalid: $.reports[0]: no"
    assert describe(answer(502, b"<html>")) == "502"

from __future__ import annotations

from tagent_contract.faults import Error
from tagent_sidecar.faults.error import DEFAULT_BODY, ErrorRule
from tests.unit.sidecar.faults.strikes import strike


def test_the_default_answers_500_and_says_that_it_was_injected() -> None:
    answer = ErrorRule("f", Error()).effect(strike())
    assert (answer.http_status, answer.body) == (500, DEFAULT_BODY)
    assert "retry-after" not in dict(answer.headers)


def test_status_body_and_retry_after_are_as_asked() -> None:
    fault = Error(http_status=503, retry_after_s=0, body="für später")
    answer = ErrorRule("f", fault).effect(strike())
    assert answer.http_status == 503
    assert answer.body == "für später".encode()
    assert dict(answer.headers)["retry-after"] == "0"


def test_an_empty_body_stays_empty() -> None:
    assert ErrorRule("f", Error(body="")).effect(strike()).body == b""

"""Whose token it is, and what is said when it does not open the door."""

from __future__ import annotations

import httpx
import pytest

from tagent_client.errors import ShutOutError
from tagent_client.google_id_token import GoogleIdTokens, audience_of, email_in
from tagent_client.transport import problem_of
from tests.fakes.metadata_server import ACCOUNT, make_token

AUDIENCE = "https://p-abc.a.run.app"


def test_a_cloud_run_service_is_its_own_audience() -> None:
    assert audience_of("https://p-abc.a.run.app/base") == AUDIENCE
    assert audience_of("https://run.app.example") is None
    assert audience_of("http://p.run.app") is None


def test_a_token_says_whose_it_is() -> None:
    assert email_in(make_token(AUDIENCE)) == ACCOUNT
    for rubbish in ("", "a.b.c", "a.e30.c", "a.!.c"):
        assert email_in(rubbish) == ""


@pytest.mark.parametrize(
    ("status", "missing", "email", "said"),
    [
        (403, "", ACCOUNT, f"give {ACCOUNT} the role roles/run.invoker"),
        (403, "", "", "whoever your Google credentials are"),
        (401, "", ACCOUNT, "is for https://p-abc.a.run.app: set TAGENT_ID_TOKEN_AUDIENCE"),
        (403, "none found", "", "gcloud auth application-default login"),
    ],
)
def test_a_refusal_before_the_platform_says_what_to_do(
    status: int, missing: str, email: str, said: str
) -> None:
    tokens = GoogleIdTokens(AUDIENCE)
    tokens.missing, tokens.email = missing, email
    page = httpx.Response(status, text="<html>Forbidden</html>")
    found = problem_of(page, "https://p", tokens)
    assert isinstance(found, ShutOutError)
    assert said in str(found)
    assert not isinstance(problem_of(page, "https://p"), ShutOutError)

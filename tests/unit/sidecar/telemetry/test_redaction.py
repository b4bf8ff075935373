from __future__ import annotations

import time

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tagent_sidecar.telemetry.redaction import (
    REDACTED,
    closes_private_key,
    opens_private_key,
    redact,
)

AWS_ID = "AKIA" + "ABCDEFGHIJKLMNOP"
GOOGLE = "AIza" + "SyA1b2C3d4E5f6G7h8I9j0K1l2M3n4O5p6Q"
JWT = "eyJhbGciOiJIUzI1NiJ9." + "eyJzdWIiOiIxMjM0In0." + "dBjftJeZ4CVPmB92K27uhbUJU1p1r"
OPENAI = "sk-proj-" + "abcdefghijklmnop1234"


@pytest.mark.parametrize(
    ("line", "secret"),
    [
        ("Authorization: Bearer abc.def-123", "abc.def-123"),
        ('{"authorization": "Bearer s3cr3t value"}', "s3cr3t value"),
        ("curl -H 'Authorization: Basic dXNlcjpwYXNz'", "dXNlcjpwYXNz"),
        ("sent bearer 0123456789abcdef to it", "0123456789abcdef"),
        ("password=hunter2 user=bob", "hunter2"),
        ("DB_PASSWORD: hunter2", "hunter2"),
        ('{"password": "with \\"quote\\" and, comma"}', "and, comma"),
        ("{'api_key': 'abc def'}", "abc def"),
        ('{\\"apiKey\\": \\"abcdef\\"}', "abcdef"),
        ("params[secret]=xyz", "xyz"),
        ("client_secret => xyz123", "xyz123"),
        ("aws_secret_access_key = wJalrXUtnFEMI/K7MDENG", "wJalrXUtnFEMI/K7MDENG"),
        ("X-Api-Key: 12345", "12345"),
        ("token=abc;next", "abc"),
        ("connect postgres://app:pa55@db:5432/x", "pa55"),
        ("clone https://ghp@github.example/x", "ghp@"),
        ("GET /v1?key=abcdef&alt=json", "abcdef"),
        ("GET /blob?sv=1&sig=abc%2Bdef", "abc%2Bdef"),
        (f"using {AWS_ID} now", AWS_ID),
        (f"gemini {GOOGLE}", GOOGLE),
        (f"got {JWT}", JWT),
        (f"openai said {OPENAI} is wrong", OPENAI),
        ("ghp_" + "a1" * 18, "a1a1a1"),
        ("xoxb-" + "123456789012-abcdef", "123456789012"),
        ("Cookie: sid=abc; theme=dark", "abc"),
        ("set-cookie: sid=abc; Path=/", "abc"),
        ("-----BEGIN RSA PRIVATE KEY-----MIIEow", "MIIEow"),
    ],
)
def test_a_secret_does_not_stay_in_the_line(line: str, secret: str) -> None:
    redacted = redact(line)
    assert secret not in redacted
    assert REDACTED in redacted


@pytest.mark.parametrize(
    "line",
    [
        "GET /v1/chat 200 in 35 ms",
        "usage: prompt_tokens=512 completion_tokens: 40 max_tokens=8192",
        "tokenizer: cl100k loaded",
        "the password was changed",
        "see https://example.org/a/b?page=2#top",
        "basic authentication is off",
        "mail to someone@example.org at 10:30",
        "step=3 status=ok author=ann",
    ],
)
def test_a_harmless_line_stays_as_it_is(line: str) -> None:
    assert redact(line) == line


def test_what_stands_around_a_secret_stays() -> None:
    assert redact("user=bob password=x, tries=3") == f"user=bob password={REDACTED}, tries=3"


def test_our_own_secrets_are_redacted_wherever_they_stand() -> None:
    assert redact("env: Zq9Zq9", ("Zq9Zq9",)) == f"env: {REDACTED}"


def test_private_keys_open_and_close() -> None:
    assert opens_private_key("-----BEGIN EC PRIVATE KEY-----")
    assert closes_private_key("-----END EC PRIVATE KEY-----")
    assert not opens_private_key("-----BEGIN CERTIFICATE-----")
    assert not opens_private_key("-----BEGIN PRIVATE KEY-----x-----END PRIVATE KEY-----")


@given(st.text(max_size=300))
def test_any_line_can_be_redacted_twice_as_well_as_once(line: str) -> None:
    once = redact(line)
    assert len(redact(once)) <= len(once) + len(REDACTED) * 4


@pytest.mark.parametrize(
    "piece",
    [
        "a",
        "=",
        '"',
        "\\",
        "password",
        "password=",
        "token:",
        "://",
        "?key",
        "eyJ",
        "Bearer ",
        "a.",
        "é",
    ],
)
def test_no_line_takes_long(piece: str) -> None:
    line = (piece * 8192)[:8192]
    began = time.process_time()
    redact(line)
    assert time.process_time() - began < 2

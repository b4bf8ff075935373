"""Where a client looks for the platform and its token."""

from __future__ import annotations

from pathlib import Path

import pytest

from tagent_client.errors import SettingsError
from tagent_client.settings import is_loopback, read_settings


@pytest.fixture
def home(tmp_path: Path) -> Path:
    (tmp_path / "tokens").mkdir()
    (tmp_path / "tokens" / "viewer").write_text("look\n")
    (tmp_path / "tokens" / "operator").write_text("act\n")
    return tmp_path


def test_without_a_word_it_is_this_machine_and_the_strongest_token_of_the_home(home: Path) -> None:
    settings = read_settings({"TAGENT_HOME": str(home)})
    assert (settings.url, settings.token) == ("http://127.0.0.1:8000", "act")


def test_the_url_of_the_running_up_is_found_in_the_home(home: Path) -> None:
    (home / "up.json").write_text('{"pid": 1, "url": "http://127.0.0.1:7777"}')
    assert read_settings({"TAGENT_HOME": str(home)}).url == "http://127.0.0.1:7777"


def test_what_up_left_unreadable_is_as_if_it_were_not_there(home: Path) -> None:
    (home / "up.json").write_text("{")
    assert read_settings({"TAGENT_HOME": str(home)}).url == "http://127.0.0.1:8000"


def test_variables_win(home: Path) -> None:
    (home / "up.json").write_text('{"pid": 1, "url": "http://127.0.0.1:7777"}')
    given = {
        "TAGENT_HOME": str(home),
        "TAGENT_URL": "http://localhost:9/",
        "TAGENT_TOKEN": "mine",
    }
    settings = read_settings(given)
    assert (settings.url, settings.token) == ("http://localhost:9", "mine")


def test_the_home_s_tokens_are_not_shown_to_a_platform_elsewhere(home: Path) -> None:
    given = {"TAGENT_HOME": str(home), "TAGENT_URL": "https://tagent.example"}
    assert read_settings(given).token is None
    assert read_settings({**given, "TAGENT_TOKEN": "theirs"}).token == "theirs"


@pytest.mark.parametrize(
    "url",
    ["nonsense", "ftp://host", "http://", "http://host:port", "http://[::1", "http://h/?a=1"],
)
def test_a_url_that_cannot_be_one_is_said(url: str) -> None:
    with pytest.raises(SettingsError, match="TAGENT_URL"):
        read_settings({"TAGENT_URL": url})


def test_a_token_that_cannot_be_one_is_said() -> None:
    with pytest.raises(SettingsError, match="TAGENT_TOKEN"):
        read_settings({"TAGENT_TOKEN": "tok\nen"})


@pytest.mark.parametrize(
    ("url", "expected"),
    [
        ("http://127.0.0.1:8000", True),
        ("http://127.9.9.9", True),
        ("http://[::1]:8000", True),
        ("http://localhost", True),
        ("http://10.0.0.1", False),
        ("http://127.0.0.1.example", False),
    ],
)
def test_loopback_is_told_from_the_rest(url: str, expected: bool) -> None:
    assert is_loopback(url) is expected


@pytest.mark.parametrize(
    ("url", "said", "audience"),
    [
        ("https://p-abc.a.run.app", "", "https://p-abc.a.run.app"),
        ("https://p-abc.a.run.app", "off", None),
        ("https://tagent.example", "", None),
        ("https://tagent.example", "https://p-abc.a.run.app", "https://p-abc.a.run.app"),
        ("http://p-abc.a.run.app", "", None),
        ("http://127.0.0.1:8000", "https://p-abc.a.run.app", "https://p-abc.a.run.app"),
    ],
)
def test_a_google_id_token_is_for_whom_cloud_run_says(
    url: str, said: str, audience: str | None
) -> None:
    found = read_settings({"TAGENT_URL": url, "TAGENT_ID_TOKEN_AUDIENCE": said})
    assert found.id_token_audience == audience


def test_a_google_id_token_is_not_shown_in_the_clear() -> None:
    with pytest.raises(SettingsError, match="TAGENT_ID_TOKEN_AUDIENCE"):
        read_settings({"TAGENT_URL": "http://10.0.0.1", "TAGENT_ID_TOKEN_AUDIENCE": "x"})


def test_a_token_comes_from_the_file_that_is_named_whoever_the_platform_is(home: Path) -> None:
    secret = home / "secret"
    secret.write_text("from a file\n")
    given = {"TAGENT_URL": "https://tagent.example", "TAGENT_TOKEN_FILE": str(secret)}
    assert read_settings(given).token == "from a file"
    assert read_settings({**given, "TAGENT_TOKEN": "said"}).token == "said"


@pytest.mark.parametrize("content", [None, b"", b"\xff\xfe"])
def test_a_token_file_without_a_token_is_said(home: Path, content: bytes | None) -> None:
    secret = home / "secret"
    if content is not None:
        secret.write_bytes(content)
    with pytest.raises(SettingsError, match="TAGENT_TOKEN_FILE"):
        read_settings({"TAGENT_HOME": str(home), "TAGENT_TOKEN_FILE": str(secret)})

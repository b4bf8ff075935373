"""What the dashboard runs with, and who is asked to sign in."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from tagent_client.errors import SettingsError
from tagent_dashboard.settings import Settings, read_dashboard_settings

OIDC = {
    "TAGENT_OIDC_CLIENT_ID": "tagent",
    "TAGENT_OIDC_CLIENT_SECRET": "hush-hush",
    "TAGENT_OIDC_METADATA_URL": "https://login.example.com/.well-known/openid-configuration",
    "TAGENT_OIDC_REDIRECT_URI": "https://tagent.example.com/oauth2callback",
    "TAGENT_OIDC_COOKIE_SECRET": "c" * 32,
    "TAGENT_OIDC_ROLES": '{"sre": "operator", "*": "viewer"}',
    "TAGENT_TOKEN": "an-admin-s",
}


@pytest.fixture
def home(tmp_path: Path) -> Path:
    (tmp_path / "tokens").mkdir()
    (tmp_path / "tokens" / "admin").write_text("the-home-s\n")
    return tmp_path


def read(home: Path, *, arguments: dict[str, str] | None = None, **variables: str) -> Settings:
    return read_dashboard_settings(arguments or {}, {"TAGENT_HOME": str(home), **variables})


def test_without_anything_it_serves_this_machine_with_the_home_s_token(home: Path) -> None:
    settings = read(home)
    assert (settings.host, settings.port, settings.log_level) == ("127.0.0.1", 8501, "info")
    assert settings.platform.token == "the-home-s"
    assert settings.is_local


def test_an_argument_wins_over_its_variable(home: Path) -> None:
    variables = {"TAGENT_DASHBOARD_PORT": "1", "TAGENT_LOG_LEVEL": "error"}
    settings = read(home, arguments={"port": "2", "log_level": "debug"}, **variables)
    assert (settings.port, settings.log_level) == (2, "debug")
    assert read(home, **variables).port == 1


@pytest.mark.parametrize(
    ("variables", "is_local"),
    [
        ({"TAGENT_DASHBOARD_HOST": "127.0.0.1"}, True),
        ({"TAGENT_DASHBOARD_HOST": "127.9.9.9"}, True),
        ({"TAGENT_DASHBOARD_HOST": "::1"}, True),
        ({"TAGENT_DASHBOARD_HOST": "localhost"}, True),
        ({"TAGENT_DASHBOARD_HOST": "0.0.0.0"}, False),
        ({"TAGENT_DASHBOARD_HOST": "::"}, False),
        ({"TAGENT_DASHBOARD_HOST": "192.168.1.7"}, False),
        ({"TAGENT_DASHBOARD_HOST": "localhost.example.com"}, False),
        ({"TAGENT_DASHBOARD_SIGN_IN": "always"}, False),
        ({"TAGENT_DASHBOARD_SIGN_IN": "auto"}, True),
        ({"TAGENT_URL": "https://platform.example.com"}, False),
        (OIDC, False),
    ],
)
def test_the_home_s_token_is_everybody_s_on_this_machine_alone(
    home: Path, variables: dict[str, str], is_local: bool
) -> None:
    assert read(home, **variables).is_local is is_local


def test_without_a_token_everybody_is_asked_for_theirs(tmp_path: Path) -> None:
    assert not read(tmp_path).is_local


@pytest.mark.parametrize(
    ("variables", "words"),
    [
        ({"TAGENT_DASHBOARD_PORT": "0"}, "TAGENT_DASHBOARD_PORT must be a port"),
        ({"TAGENT_DASHBOARD_PORT": "http"}, "TAGENT_DASHBOARD_PORT must be a port"),
        ({"TAGENT_LOG_LEVEL": "loud"}, "TAGENT_LOG_LEVEL must be one of debug"),
        ({"TAGENT_DASHBOARD_SIGN_IN": "no"}, "TAGENT_DASHBOARD_SIGN_IN must be one of auto, always"),
    ],
)  # fmt: skip
def test_a_wrong_setting_is_named(home: Path, variables: dict[str, str], words: str) -> None:
    with pytest.raises(SettingsError, match=words):
        read(home, **variables)


def test_an_organisation_s_accounts_and_their_roles(home: Path) -> None:
    oidc = read(home, **OIDC).oidc
    assert oidc is not None
    assert oidc.roles == {"sre": "operator", "*": "viewer"}
    assert (oidc.role_claim, oidc.scopes) == ("groups", "openid email profile")
    more = {"TAGENT_OIDC_ROLE_CLAIM": "roles", "TAGENT_OIDC_SCOPES": "openid groups"}
    other = read(home, **OIDC, **more).oidc
    assert other is not None
    assert (other.role_claim, other.scopes) == ("roles", "openid groups")
    assert "hush-hush" not in repr(oidc)
    assert "cccc" not in repr(oidc)


@pytest.mark.parametrize("name", [name for name in OIDC if name.startswith("TAGENT_OIDC_")])
def test_what_is_missing_for_accounts_is_named(home: Path, name: str) -> None:
    with pytest.raises(SettingsError, match=f"set {name} too"):
        read(home, **{**OIDC, name: ""})


@pytest.mark.parametrize(
    ("changes", "words"),
    [
        ({"METADATA_URL": "http://login.example.com/x"}, "METADATA_URL must begin with https"),
        ({"METADATA_URL": "login"}, "METADATA_URL must be a URL"),
        ({"METADATA_URL": "https://[x"}, "METADATA_URL must be a URL"),
        ({"REDIRECT_URI": "http://tagent.example.com/oauth2callback"}, "REDIRECT_URI must begin with https"),
        ({"REDIRECT_URI": "https://tagent.example.com/callback"}, "REDIRECT_URI must end in /oauth2callback"),
        ({"COOKIE_SECRET": "short"}, "COOKIE_SECRET must have at least 32 characters"),
        ({"ROLES": "sre=operator"}, "ROLES must be an object of JSON"),
        ({"ROLES": '{"sre": "king"}'}, "there is no role 'king'"),
        ({"ROLES": '{"sre": "sidecar"}'}, "there is no role 'sidecar'"),
        ({"ROLES": "{}"}, "it names no role"),
    ],
)  # fmt: skip
def test_a_wrong_setting_of_accounts_is_named(
    home: Path, changes: dict[str, Any], words: str
) -> None:
    variables = {f"TAGENT_OIDC_{name}": text for name, text in changes.items()}
    with pytest.raises(SettingsError, match=words):
        read(home, **{**OIDC, **variables})


def test_on_one_machine_accounts_need_no_https(home: Path) -> None:
    local = {
        "TAGENT_OIDC_METADATA_URL": "http://127.0.0.1:9/.well-known/openid-configuration",
        "TAGENT_OIDC_REDIRECT_URI": "http://localhost:8501/oauth2callback",
    }
    assert read(home, **{**OIDC, **local}).oidc is not None


def test_accounts_need_a_token_to_mint_others_with(tmp_path: Path) -> None:
    with pytest.raises(SettingsError, match="there is no TAGENT_TOKEN"):
        read(tmp_path, **{**OIDC, "TAGENT_TOKEN": ""})

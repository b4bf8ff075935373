from __future__ import annotations

from dataclasses import fields
from pathlib import Path

import pytest

from tagent_platform.api.limits import RequestLimits
from tagent_platform.core.records import TokenRole
from tagent_platform.settings import Settings, SettingsError, read_settings
from tagent_platform.usecases.platform import Limits

TOKEN = "t" * 32


def test_without_a_variable_everything_has_its_default() -> None:
    assert read_settings({}, {}) == Settings()


def test_what_is_said_on_the_command_line_goes_before_the_environment() -> None:
    settings = read_settings({"port": "9000"}, {"TAGENT_PORT": "8001", "TAGENT_HOME": "/srv/t"})
    assert (settings.port, settings.home) == (9000, Path("/srv/t"))


def test_every_limit_is_a_variable() -> None:
    environ = {
        f"TAGENT_{field.name.upper()}": "7"
        for kind in (Limits, RequestLimits)
        for field in fields(kind)
    }
    settings = read_settings({}, environ)
    for group in (settings.limits, settings.request_limits):
        assert {getattr(group, field.name) for field in fields(group)} == {7}


def test_names_of_settings_are_used_once() -> None:
    names = [field.name for kind in (Settings, Limits, RequestLimits) for field in fields(kind)]
    assert len(names) == len(set(names))


@pytest.mark.parametrize(
    ("name", "text", "said"),
    [
        ("TAGENT_PORT", "eighty", "a whole number"),
        ("TAGENT_PORT", "70000", "0 to 65535"),
        ("TAGENT_PORT", "-1", "negative"),
        ("TAGENT_OFFLINE_AFTER_S", "soon", "a number"),
        ("TAGENT_OFFLINE_AFTER_S", "nan", "negative"),
        ("TAGENT_OFFLINE_AFTER_S", "inf", "without end"),
        ("TAGENT_STORE", "stone", "sqlite"),
        ("TAGENT_RUNTIME", "nomad", "cloud_run"),
        ("TAGENT_SERIES", "paper", "prometheus"),
        ("TAGENT_LOG_LEVEL", "loud", "debug"),
        ("TAGENT_ADMIN_TOKEN", "short", "32"),
    ],
)
def test_a_setting_that_cannot_be_is_named_in_one_sentence(name: str, text: str, said: str) -> None:
    with pytest.raises(SettingsError) as caught:
        read_settings({}, {name: text})
    assert name in str(caught.value)
    assert said in str(caught.value)
    assert "\n" not in str(caught.value)


@pytest.mark.parametrize("host", ["0.0.0.0", "::", "192.0.2.1", "tagent.example"])
def test_an_address_that_others_can_reach_wants_configured_tokens(host: str) -> None:
    with pytest.raises(SettingsError, match="TAGENT_ADMIN_TOKEN"):
        read_settings({}, {"TAGENT_HOST": host})
    assert read_settings({}, {"TAGENT_HOST": host, "TAGENT_ADMIN_TOKEN": TOKEN}).tokens == {
        TokenRole.ADMIN: TOKEN
    }


@pytest.mark.parametrize("host", ["127.0.0.1", "127.0.0.53", "::1", "localhost"])
def test_loopback_needs_none(host: str) -> None:
    assert read_settings({}, {"TAGENT_HOST": host}).is_loopback


def test_a_token_can_come_from_a_file(tmp_path: Path) -> None:
    path = tmp_path / "admin"
    path.write_text(TOKEN + "\n")
    settings = read_settings({}, {"TAGENT_ADMIN_TOKEN_FILE": str(path)})
    assert settings.tokens[TokenRole.ADMIN] == TOKEN
    with pytest.raises(SettingsError, match="TAGENT_VIEWER_TOKEN_FILE"):
        read_settings({}, {"TAGENT_VIEWER_TOKEN_FILE": str(tmp_path / "none")})


RUN = {
    "TAGENT_RUNTIME": "cloud_run",
    "TAGENT_CLOUD_RUN_PROJECT": "acme",
    "TAGENT_CLOUD_RUN_REGION": "europe-north1",
}


def test_cloud_run_needs_to_know_where() -> None:
    assert read_settings({}, RUN).cloud_run_project == "acme"
    for name in ("TAGENT_CLOUD_RUN_PROJECT", "TAGENT_CLOUD_RUN_REGION"):
        with pytest.raises(SettingsError, match=name):
            read_settings({}, {**RUN, name: ""})


@pytest.mark.parametrize(
    "endpoint", ["10.0.0.1:9000", "run.googleapis.com:443", "9000", "127.0.0.1:x"]
)
def test_nothing_beyond_this_machine_is_spoken_to_without_tls(endpoint: str) -> None:
    with pytest.raises(SettingsError, match="TAGENT_CLOUD_RUN_ENDPOINT"):
        read_settings({}, {**RUN, "TAGENT_CLOUD_RUN_ENDPOINT": endpoint})
    here = read_settings({}, {**RUN, "TAGENT_CLOUD_RUN_ENDPOINT": "127.0.0.1:9000"})
    assert here.cloud_run_endpoint == "127.0.0.1:9000"


ENGINE = {
    "TAGENT_SERIES": "prometheus",
    "TAGENT_PROMETHEUS_WRITE_URL": "http://127.0.0.1:9090/api/v1/write",
    "TAGENT_PROMETHEUS_QUERY_URL": "http://127.0.0.1:9090",
}


def test_an_engine_for_the_series_is_a_few_variables() -> None:
    settings = read_settings({}, {**ENGINE, "TAGENT_PROMETHEUS_TENANT": "web"})
    assert settings.series == "prometheus"
    assert settings.prometheus.write_url == ENGINE["TAGENT_PROMETHEUS_WRITE_URL"]
    assert settings.prometheus.tenant == "web"


@pytest.mark.parametrize("name", ["TAGENT_PROMETHEUS_WRITE_URL", "TAGENT_PROMETHEUS_QUERY_URL"])
def test_an_engine_without_its_address_is_refused_with_the_variables_name(name: str) -> None:
    with pytest.raises(SettingsError, match=rf"^{name} must be .* such as http"):
        read_settings({}, {key: text for key, text in ENGINE.items() if key != name})
    assert read_settings({}, {name: ""}).series == "sqlite", "nobody needs it without an engine"


def test_tokens_are_made_where_others_can_connect_only_when_that_was_asked_for() -> None:
    reachable = {"TAGENT_HOST": "0.0.0.0"}
    with pytest.raises(SettingsError, match="TAGENT_MAKE_TOKENS"):
        read_settings({}, reachable)
    assert read_settings({}, {**reachable, "TAGENT_MAKE_TOKENS": "true"}).make_tokens
    with pytest.raises(SettingsError, match="TAGENT_ADMIN_TOKEN"):
        read_settings(
            {}, {**reachable, "TAGENT_MAKE_TOKENS": "true", "TAGENT_OPERATOR_TOKEN": TOKEN}
        )


def test_processes_that_share_a_store_do_not_make_tokens_of_their_own() -> None:
    with pytest.raises(SettingsError, match="TAGENT_ADMIN_TOKEN"):
        read_settings({}, {"TAGENT_MAKE_TOKENS": "true", "TAGENT_STORE": "firestore"})

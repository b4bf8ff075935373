from __future__ import annotations

from pathlib import Path

import pytest

from tagent_contract.policy import HealthPolicy, Mode, RestartPolicy, ServicePolicy
from tagent_sidecar.option_table import ROWS
from tagent_sidecar.option_values import HostPort
from tagent_sidecar.options import Options, Surroundings, UsageError, parse_options
from tagent_sidecar.platform_link.settings import LinkSettings

NEEDED = ("run", "--service", "chat", "--listen", "127.0.0.1:9001", "--target", "127.0.0.1:8101")
HERE = Surroundings()


def parse(*arguments: str, **environment: str) -> Options:
    return parse_options([*NEEDED, *arguments], environment, HERE)


def complaint(*arguments: str, **environment: str) -> str:
    with pytest.raises(UsageError) as caught:
        parse_options(arguments or NEEDED, environment, HERE)
    return str(caught.value)


def test_the_shortest_command_line_takes_every_default() -> None:
    options = parse()
    assert (options.service, options.listen, options.target) == (
        "chat",
        HostPort("127.0.0.1", 9001),
        HostPort("127.0.0.1", 8101),
    )
    assert options.policy == ServicePolicy(health=HealthPolicy(), restart=RestartPolicy())
    assert options.link == LinkSettings()
    assert (options.mode, options.protocol, options.platform) == (Mode.HEAL, "http", None)
    assert options.admin == HostPort("127.0.0.1", 0)


def test_what_stands_behind_two_dashes_is_the_command_as_it_is() -> None:
    assert parse("--", "python", "-m", "x", "--", "--service", "y").command == (
        "python", "-m", "x", "--", "--service", "y",
    )  # fmt: skip


@pytest.mark.parametrize(
    "row", [row for row in ROWS if row.default is not None], ids=lambda row: row.name
)
def test_every_option_can_be_given_by_its_variable(row: object) -> None:
    variable, default = row.variable, row.default  # type: ignore[attr-defined]
    assert parse(**{variable: default}) == parse()
    with pytest.raises(UsageError, match=variable):
        parse(**{variable: "\x00 no such value"})


def test_needed_options_can_be_variables_too() -> None:
    options = parse_options(
        ["run"],
        {"TAGENT_SERVICE": "s", "TAGENT_LISTEN": "[::1]:1", "TAGENT_TARGET": "db.local:2"},
        HERE,
    )
    assert options.listen == HostPort("::1", 1)
    assert options.listen.text == "[::1]:1"
    assert options.target == HostPort("db.local", 2)


def test_a_flag_wins_over_its_variable() -> None:
    assert parse("--check-path", "/a", TAGENT_CHECK_PATH="/b").check.path == "/a"


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        ([], "say what to do"),
        (["run"], "--service is missing (or TAGENT_SERVICE)"),
        (["run", "--service", "a b"], "--listen is missing"),
        (["walk"], "invalid choice"),
        ([*NEEDED, "--"], "CMD is missing"),
        ([*NEEDED, "--target", NEEDED[NEEDED.index("--listen") + 1]], "would call itself"),
        ([*NEEDED, "--colour", "red"], "'--colour' is no option"),
        ([*NEEDED, "python"], "CMD stands behind --"),
        ([*NEEDED, "--serv", "x"], "'--serv' is no option"),
        ([*NEEDED, "--listen", "9001"], "--listen: '9001' is not HOST:PORT"),
        ([*NEEDED, "--listen", "127.0.0.1:70000"], "no port between 0 and 65535"),
        ([*NEEDED, "--listen", "::1:80"], "is not HOST:PORT"),
        ([*NEEDED, "--target", "127.0.0.1:0"], "needs the port"),
        ([*NEEDED, "--service", "a/b"], "--service: 'a/b' is not a name"),
        ([*NEEDED, "--instance", "a b"], "--instance"),
        ([*NEEDED, "--lease-s", "soon"], "--lease-s: 'soon' is not a number"),
        ([*NEEDED, "--lease-s", "-1"], "--lease-s"),
        ([*NEEDED, "--lease-s", "nan"], "--lease-s"),
        ([*NEEDED, "--lease-s"], "expected one argument"),
        ([*NEEDED, "--error-ratio-degraded", "7"], "--error-ratio-degraded"),
        ([*NEEDED, "--latency-limit-ms", "-3"], "--latency-limit-ms"),
        ([*NEEDED, "--intensity", "0"], "--intensity"),
        ([*NEEDED, "--mode", "maybe"], "is not one of: heal, check, off"),
        ([*NEEDED, "--admin", "0.0.0.0:1"], "loopback"),
        ([*NEEDED, "--check", "exec"], "--check-command"),
        ([*NEEDED, "--check-command", "x"], "go together"),
        ([*NEEDED, "--check", "exec", "--check-command", "'x"], "--check-command: No closing"),
        ([*NEEDED, "--protocol", "tcp", "--check", "http"], "--check http needs"),
        ([*NEEDED, "--pid-file", "x", "--", "y"], "--pid-file"),
        ([*NEEDED, "--plan-wait-s", "0", "--plan-interval-s", "9"], "half of --lease-s"),
        ([*NEEDED, "--platform-url", "ftp://x"], "--platform-url"),
        ([*NEEDED, "--platform-url", "http://u:p@x"], "may hold no login"),
        ([*NEEDED, "--platform-url", "http://x:y"], "--platform-url"),
        ([*NEEDED, "--platform-url", "http://x"], "token"),
        ([*NEEDED, "--platform-url", "http://x", "--token-file", "/no/such"], "cannot read"),
    ],
)  # fmt: skip
def test_wrong_usage_is_said_in_one_sentence(arguments: list[str], said: str) -> None:
    text = complaint(*arguments) if arguments else _complaint_of_nothing()
    assert said in text
    assert "\n" not in text


def _complaint_of_nothing() -> str:
    with pytest.raises(UsageError) as caught:
        parse_options([], {}, HERE)
    return str(caught.value)


def test_the_token_comes_by_variable_or_file(tmp_path: Path) -> None:
    file = tmp_path / "token"
    file.write_text("from-file\n")
    url = ("--platform-url", "https://tagent.example/base/")
    by_variable = parse(*url, TAGENT_TOKEN="from-env").platform
    by_file = parse(*url, "--token-file", str(file), TAGENT_TOKEN="from-env").platform
    assert by_variable is not None
    assert by_file is not None
    assert (by_variable.token, by_file.token) == ("from-env", "from-file")
    assert (by_file.address.host, by_file.address.port, by_file.address.path) == (
        "tagent.example", 443, "/base",
    )  # fmt: skip


def test_a_token_is_shown_nowhere() -> None:
    options = parse("--platform-url", "http://x", TAGENT_TOKEN="very-secret")
    assert "very-secret" not in repr(options)
    assert "very secret" not in complaint(
        *NEEDED, "--platform-url", "http://x", TAGENT_TOKEN="very secret"
    )


def test_the_service_inherits_nothing_of_ours() -> None:
    options = parse("--platform-url", "http://x", TAGENT_TOKEN="t", TAGENT_LEASE_S="3", HOME="/h")
    assert dict(options.environment) == {"HOME": "/h"}


RUN = Surroundings(is_cloud_run=True, run_service="chat-run", run_revision="chat-run-00001-abc")
TARGET = ("--target", "127.0.0.1:8101")


def on_cloud_run(*arguments: str, **environment: str) -> Options:
    return parse_options(["run", *TARGET, *arguments], environment, RUN)


def test_where_a_runtime_names_a_port_it_is_taken_from_anywhere() -> None:
    options = on_cloud_run(PORT="8080")
    assert options.listen.text == "0.0.0.0:8080"
    assert options.service == "chat-run"
    assert on_cloud_run("--listen", "127.0.0.1:1", PORT="8080").listen.port == 1
    assert on_cloud_run("--service", "chat", PORT="8080").service == "chat"


def test_a_child_gets_its_own_port_where_the_sidecar_took_the_one_it_would_take() -> None:
    assert on_cloud_run("--", "x", PORT="8080").environment["PORT"] == "8101"
    named = on_cloud_run("--listen", "127.0.0.1:1", "--", "x", PORT="8080")
    assert named.environment["PORT"] == "8080"


def test_a_port_that_is_none_is_named() -> None:
    with pytest.raises(UsageError, match="PORT: 'http' has no port"):
        on_cloud_run(PORT="http")


@pytest.mark.parametrize(
    ("url", "said", "audience"),
    [
        ("https://p.run.app", None, "https://p.run.app"),
        ("https://p.run.app", "off", None),
        ("https://p.run.app", "https://custom", "https://custom"),
        ("https://tagent.example.com", None, None),
        ("https://tagent.example.com", "https://p.run.app", "https://p.run.app"),
        ("http://127.0.0.1:8000", "https://p.run.app", "https://p.run.app"),
    ],
)
def test_a_google_id_token_is_shown_to_whom_it_is_for(
    url: str, said: str | None, audience: str | None
) -> None:
    more = {} if said is None else {"TAGENT_ID_TOKEN_AUDIENCE": said}
    platform = on_cloud_run("--platform-url", url, PORT="8080", TAGENT_TOKEN="t", **more).platform
    assert platform is not None
    assert platform.id_token_audience == audience


def test_a_google_id_token_is_not_shown_in_the_clear() -> None:
    with pytest.raises(UsageError, match="over https only"):
        on_cloud_run(
            "--platform-url",
            "http://10.0.0.1",
            "--id-token-audience",
            "x",
            PORT="1",
            TAGENT_TOKEN="t",
        )

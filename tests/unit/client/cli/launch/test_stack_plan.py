"""What `up` will start, and where."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

from tagent_client.cli.commands.up import make_plan
from tagent_client.cli.launch.stack_plan import SAMPLES, StackPlan, own_environment


def plan(traffic_per_s: float = 4.0, dashboard_port: int | None = 8501) -> StackPlan:
    environment = {"PATH": "/bin", "TAGENT_TOKEN": "the shell's"}
    return StackPlan(Path("/home"), environment, 8000, SAMPLES, traffic_per_s, dashboard_port)


def test_every_port_is_named_with_its_option() -> None:
    named = {(port.option, port.number) for port in plan().wanted_ports()}
    assert named == {
        ("--platform-port", 8000),
        ("--dashboard-port", 8501),
        ("--chat-port", 9001),
        ("--chat-own-port", 8101),
        ("--summary-port", 9002),
        ("--summary-own-port", 8102),
        ("--demo-port", 9003),
        ("--demo-own-port", 8103),
    }


def test_a_sample_stands_behind_its_sidecar() -> None:
    arguments = list(plan().sidecar(SAMPLES[0], Path("/token")).arguments)
    own = arguments[arguments.index("--") + 1 :]
    assert own[1:3] == ["-m", "tagent_samples.chat_service"]
    assert own[-1] == "8101"
    assert arguments[arguments.index("--listen") + 1] == "127.0.0.1:9001"
    assert arguments[arguments.index("--target") + 1] == "127.0.0.1:8101"


def test_the_dashboard_is_told_where_the_platform_and_its_token_are_and_can_be_left_out() -> None:
    command = plan().dashboard()
    assert command is not None
    assert command.arguments[1:] == [
        "-m", "tagent_dashboard", "--host", "127.0.0.1", "--port", "8501",
    ]  # fmt: skip
    assert command.environment["TAGENT_URL"] == "http://127.0.0.1:8000"
    assert command.environment["TAGENT_HOME"] == "/home"
    assert "TAGENT_TOKEN" not in command.environment
    assert plan().dashboard_url == "http://127.0.0.1:8501"
    without = plan(dashboard_port=None)
    assert (without.dashboard(), without.dashboard_url) == (None, None)
    assert "--dashboard-port" not in {port.option for port in without.wanted_ports()}


def test_the_runner_finds_its_token_in_the_home_and_can_be_left_out() -> None:
    assert plan().runner() is None
    runner = replace(plan(), has_runner=True).runner()
    assert runner is not None
    assert runner.arguments[1:5] == ["-m", "tagent_client.cli", "chaos", "runner"]
    assert runner.environment["TAGENT_URL"] == "http://127.0.0.1:8000"
    assert runner.environment["TAGENT_HOME"] == "/home"
    assert "TAGENT_TOKEN" not in runner.environment


def test_traffic_goes_through_the_sidecars_and_can_be_left_out() -> None:
    traffic = plan().traffic()
    assert traffic is not None
    assert "http://127.0.0.1:9002" in traffic.arguments
    assert plan(0.0).traffic() is None


def test_a_token_of_the_person_s_shell_does_not_reach_our_processes() -> None:
    kept = own_environment(
        {"TAGENT_TOKEN": "x", "TAGENT_URL": "y", "TAGENT_LEASE_S": "3", "A": "b"}
    )
    assert kept == {"TAGENT_LEASE_S": "3", "A": "b", "PYTHONUNBUFFERED": "1"}


def test_a_base_moves_every_port_but_those_given() -> None:
    given = {"chat-service": 5000, "platform": None}
    made = make_plan(SAMPLES, given, 20_000, traffic_per_s=4.0, has_dashboard=True)
    assert made.platform_port == 20_000
    assert [sample.port for sample in made.samples] == [5000, 20_002, 20_003]
    assert [sample.own_port for sample in made.samples] == [20_004, 20_005, 20_006]
    assert made.dashboard_port == 20_007


def test_without_a_base_the_usual_ports_are_taken() -> None:
    made = make_plan(SAMPLES[:1], {}, None, traffic_per_s=0.0, has_dashboard=True)
    assert made.dashboard_port == 8501
    assert (made.platform_port, made.samples[0].port, made.samples[0].own_port) == (
        8000,
        9001,
        8101,
    )

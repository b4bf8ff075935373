"""What `up` will start, and where."""

from __future__ import annotations

from pathlib import Path

from tagent_client.cli.commands.up import make_plan
from tagent_client.cli.launch.stack_plan import SAMPLES, StackPlan, own_environment


def plan(traffic_per_s: float = 4.0) -> StackPlan:
    return StackPlan(Path("/home"), {"PATH": "/bin"}, 8000, SAMPLES, traffic_per_s)


def test_every_port_is_named_with_its_option() -> None:
    named = {(port.option, port.number) for port in plan().wanted_ports()}
    assert named == {
        ("--platform-port", 8000),
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
    made = make_plan(SAMPLES, {"chat-service": 5000, "platform": None}, 20_000, 4.0)
    assert made.platform_port == 20_000
    assert [sample.port for sample in made.samples] == [5000, 20_002, 20_003]
    assert [sample.own_port for sample in made.samples] == [20_004, 20_005, 20_006]


def test_without_a_base_the_usual_ports_are_taken() -> None:
    made = make_plan(SAMPLES[:1], {}, None, 0.0)
    assert (made.platform_port, made.samples[0].port, made.samples[0].own_port) == (
        8000,
        9001,
        8101,
    )

"""Options of faults come from the contract, and go back into it."""

from __future__ import annotations

import pytest

from tagent_client.cli.commands.inject import parameter_name
from tagent_client.cli.fault_options import (
    FaultOption,
    FaultOptionError,
    build_fault,
    fault_options,
)
from tagent_contract.faults import (
    FAULT_KINDS,
    Crash,
    Error,
    FaultBase,
    Latency,
    Match,
    Scope,
    Target,
)


def options(name: str) -> dict[str, FaultOption]:
    return {option.flag: option for option in fault_options(name)}


@pytest.mark.parametrize("name", FAULT_KINDS)
def test_every_field_of_every_type_has_an_option_with_a_word_of_help(name: str) -> None:
    reached = {option.path[0] for option in fault_options(name)}
    assert reached == set(FAULT_KINDS[name].__struct_fields__) - {"run_id"}
    assert [option.flag for option in fault_options(name) if not option.help] == []
    names = [parameter_name(option) for option in fault_options(name)]
    assert len(set(names)) == len(names)
    assert len(options(name)) == len(names)


def test_a_type_s_own_options_come_first() -> None:
    own = [option.flag for option in fault_options("latency") if option.own]
    assert own == ["--latency-ms", "--jitter-ms"]
    assert [option.flag for option in fault_options("latency")][:2] == own


def test_values_know_their_type_bounds_default_and_choices() -> None:
    latency = options("latency")
    assert latency["--latency-ms"].kind is float
    assert latency["--latency-ms"].help.endswith("[default 2500, from 0 to 3600000]")
    assert latency["--ttl-s"].help.endswith("[default 120, over 0 to 3600]")
    assert latency["--max-count"].kind is int
    assert latency["--max-count"].help.endswith("[from 1]")
    assert latency["--scope"].choices == ("instance", "service")
    assert options("crash")["--signal"].help.endswith("[default KILL]")
    assert latency["--header"].pairs
    assert latency["--instance"].many


def test_nothing_given_is_the_contract_s_default() -> None:
    assert build_fault("latency", {}) == Latency()


def test_what_is_given_finds_its_place() -> None:
    found = options("error")
    fault = build_fault(
        "error",
        {
            found["--http-status"]: 503,
            found["--method"]: "POST",
            found["--header"]: ["x-tenant: test", "accept:*/*"],
            found["--instance"]: ["a-1", "a-2"],
            found["--scope"]: "service",
        },
    )
    assert fault == Error(
        http_status=503,
        match=Match(method="POST", headers={"x-tenant": "test", "accept": "*/*"}),
        target=Target(instances=("a-1", "a-2")),
        scope=Scope.SERVICE,
    )


def test_a_choice_is_given_by_its_word() -> None:
    assert build_fault("crash", {options("crash")["--signal"]: "TERM"}) == Crash(signal="TERM")


@pytest.mark.parametrize(
    ("flag", "value", "problem"),
    [
        ("--ttl-s", 0.0, "must be a number > 0.0"),
        ("--max-count", 0, "must be a whole number >= 1"),
        ("--method", "get", "Expected `str` matching regex"),
        ("--header", ["no colon"], "'no colon' must look like NAME: VALUE"),
        ("--header", ["bad name: x"], "Expected `str` matching regex"),
        ("--instance", ["-"], "Expected `str` matching regex"),
    ],
)
def test_a_refused_value_is_named_by_its_option(flag: str, value: object, problem: str) -> None:
    with pytest.raises(FaultOptionError) as caught:
        build_fault("latency", {options("latency")[flag]: value})
    assert caught.value.flag == flag
    assert problem in str(caught.value)


def test_what_all_types_share_is_what_the_base_says() -> None:
    shared = {option.path[0] for option in fault_options("down")}
    assert shared == set(FaultBase.__struct_fields__) - {"run_id"}

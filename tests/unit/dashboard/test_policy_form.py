"""A policy is shown and changed in a form made of its own schema."""

from __future__ import annotations

from typing import Any

import msgspec

from tagent_contract.policy import HealthPolicy, ServicePolicy, VerifyRequest
from tagent_contract.wire import convert
from tagent_dashboard.views.policy_form import (
    Group,
    changes,
    current_values,
    policy_groups,
    settings,
)
from tagent_dashboard.views.schema_form import assembled
from tagent_platform.api.openapi import _contract_schemas

DOCUMENT: dict[str, Any] = {"components": {"schemas": _contract_schemas()}}
GROUPS = policy_groups(DOCUMENT)
FIELDS = [field for group in GROUPS for field in group.fields]
DEFAULT = ServicePolicy()


def plain_values(policy: ServicePolicy) -> dict[str, Any]:
    found: dict[str, Any] = msgspec.to_builtins(policy)
    return found


def group_named(title: str) -> Group:
    (found,) = [group for group in GROUPS if group.title == title]
    return found


def labels(policy: ServicePolicy) -> dict[str, str]:
    values = settings(group_named("Healing"), plain_values(policy))
    return {setting.label: setting.value for setting in values}


def test_the_groups_are_those_of_the_contract() -> None:
    assert [group.title for group in GROUPS] == ["Health", "Restart", "Healing"]
    assert group_named("Health").about.startswith("When an instance counts as sick")
    assert policy_groups({}) == ()


def test_a_policy_comes_back_as_it_was() -> None:
    policy = ServicePolicy(health=HealthPolicy(latency_limit_ms=1500, error_ratio_degraded=0.1))
    made = assembled(current_values(FIELDS, plain_values(policy)))
    assert convert(made, ServicePolicy) == policy


def test_a_verify_request_is_switched_on_and_off() -> None:
    healing = msgspec.structs.replace(DEFAULT.healing, verify=VerifyRequest(path="/ready"))
    policy = msgspec.structs.replace(DEFAULT, healing=healing)
    values = current_values(FIELDS, plain_values(policy))
    assert convert(assembled(values), ServicePolicy) == policy
    (switch,) = [field for field in FIELDS if field.name == "healing.verify"]
    assert convert(assembled({**values, switch: False}), ServicePolicy) == DEFAULT
    assert (labels(policy)["Verify"], labels(policy)["Path"]) == ("on", "/ready")


def test_what_is_switched_off_is_not_read_out() -> None:
    assert labels(DEFAULT)["Verify"] == "off"
    assert "Path" not in labels(DEFAULT)


def test_what_differs_from_the_default_is_told_apart() -> None:
    policy = ServicePolicy(health=HealthPolicy(latency_limit_ms=1500))
    found = settings(group_named("Health"), plain_values(policy))
    assert [(item.label, item.value) for item in found if not item.is_default] == [
        ("Latency limit (ms)", "1500")
    ]


def test_changes_are_said_before_they_are_saved() -> None:
    before = current_values(FIELDS, plain_values(DEFAULT))
    policy = ServicePolicy(health=HealthPolicy(error_ratio_degraded=0.1))
    after = current_values(FIELDS, plain_values(policy))
    assert changes(before, after) == ("Error ratio degraded (%): 10 instead of 5",)
    assert changes(before, before) == ()

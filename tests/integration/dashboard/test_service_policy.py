"""A policy is there for all to read and for admins to change."""

from __future__ import annotations

from typing import Any

import pytest
from streamlit.testing.v1 import AppTest

from tagent_contract.policy import HealthPolicy, ServicePolicy
from tagent_contract.problems import PROBLEM_TYPE_PREFIX, Problem
from tagent_dashboard.live import board
from tests.fakes import shown
from tests.fakes.dashboard import FakePlatform, install_board, open_page, refused

pytestmark = pytest.mark.integration


def open_policy(platform: FakePlatform, role: str = "admin") -> AppTest:
    platform.add(shown.service("chat"))
    install_board(platform, role=role)
    page = open_page("service", name="chat")
    page.session_state["policy"] = True
    page.run()
    assert not page.exception
    return page


def words(page: AppTest) -> str:
    found = (*page.markdown, *page.error, *page.warning)
    return "\n".join(item.value.replace("\\", "") for item in found)


def keyed(elements: Any, end: str) -> Any:
    (found,) = [item for item in elements if item.key and item.key.endswith(f".{end}")]
    return found


def limit_of(page: AppTest) -> Any:
    return keyed(page.number_input, "health.latency_limit_ms")


def save(page: AppTest) -> AppTest:
    return page.button(key="policy_save").click().run()


def test_all_may_read_it_and_see_what_is_not_as_usual() -> None:
    policy = ServicePolicy(health=HealthPolicy(latency_limit_ms=1500))
    page = open_policy(FakePlatform(policies={"chat": policy}), role="viewer")
    assert "Latency limit (ms): **1500** (changed)" in words(page)
    assert "Outside timeout (s): **5**" in words(page)
    assert not page.number_input


def test_an_admin_changes_it_having_seen_what_changes() -> None:
    platform = FakePlatform()
    page = open_policy(platform)
    assert page.button(key="policy_save").disabled
    limit_of(page).set_value(1500.0).run()
    assert "- Latency limit (ms): 1500 instead of 1000" in words(page)
    save(page)
    assert platform.policies["chat"] == ServicePolicy(health=HealthPolicy(latency_limit_ms=1500))
    assert limit_of(page).value == 1500.0
    assert page.button(key="policy_save").disabled


def test_an_admin_can_undo() -> None:
    page = open_policy(FakePlatform())
    limit_of(page).set_value(1500.0).run()
    page.button(key="policy_undo").click().run()
    assert limit_of(page).value == 1000.0


def test_what_the_platform_finds_wrong_is_said_at_the_field() -> None:
    problem = Problem(
        type=f"{PROBLEM_TYPE_PREFIX}invalid",
        title="invalid",
        status=422,
        detail="must be odd",
        field="$.health.latency_limit_ms",
    )
    page = open_policy(FakePlatform(refusal=problem))
    limit_of(page).set_value(1500.0).run()
    assert ":red[:material/error: Must be odd.]" in words(save(page))
    assert limit_of(page).value == 1500.0


def test_another_refusal_is_said_as_a_whole() -> None:
    page = open_policy(FakePlatform(refusal=refused("changed_meanwhile", detail="try again")))
    limit_of(page).set_value(1500.0).run()
    assert "Not saved." in words(save(page))


def test_what_somebody_else_changed_meanwhile_is_not_overwritten() -> None:
    platform = FakePlatform()
    page = open_policy(platform)
    theirs = ServicePolicy(health=HealthPolicy(window_s=20))
    platform.policies["chat"] = theirs
    platform.now += 60
    limit_of(page).set_value(1500.0).run()
    assert "Somebody has changed it since you began." in words(page)
    save(page)
    assert platform.policies["chat"] == theirs


def test_an_unreachable_platform_is_said() -> None:
    platform = FakePlatform()
    platform.add(shown.service("chat"))
    install_board(platform, role="admin")
    platform.is_down = True
    board.installed().poller.poll()
    page = open_page("service", name="chat")
    page.session_state["policy"] = True
    assert "nobody answers" in words(page.run())

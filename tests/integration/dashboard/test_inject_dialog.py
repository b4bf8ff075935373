"""The form in which a person breaks something on purpose."""

from __future__ import annotations

import threading
from typing import Any

import pytest
from streamlit.testing.v1 import AppTest

from tagent_contract.faults import FAULT_KINDS, Error, Latency, Match, Target
from tagent_contract.health import Health
from tagent_contract.problems import PROBLEM_TYPE_PREFIX, Problem
from tagent_contract.services import Halt
from tests.e2e.processes import eventually
from tests.fakes import shown
from tests.fakes.dashboard import FakePlatform, install_board, refused

pytestmark = pytest.mark.integration


def _script(services, fault_type):  # type: ignore[no-untyped-def] # runs as a script, without this file's imports
    import streamlit as st

    from tagent_dashboard.live import board
    from tagent_dashboard.widgets.inject_dialog import (
        begin_injecting,
        show_inject_form,
    )

    if "begun" not in st.session_state:
        st.session_state["begun"] = True
        begin_injecting(services, fault_type)
    show_inject_form(board.installed().sessions.local_person())


def instance(name: str, **changes: Any) -> Any:
    able = tuple(kind for kind in FAULT_KINDS if kind != "hang")
    known = {"capabilities": able, "missing": {"hang": "there is no child to stop"}}
    return shown.instance(name=name, **{**known, **changes})


def chat(*healths: Health, **changes: Any) -> Any:
    instances = tuple(
        instance(f"chat-{number}", health=health) for number, health in enumerate(healths, 1)
    )
    return shown.service("chat", instances=instances, **changes)


def platform_with(*services: Any, **known: Any) -> FakePlatform:
    platform = FakePlatform(**known)
    platform.add(*(services or (chat(Health.HEALTHY),)))
    return platform


def open_form(
    platform: FakePlatform,
    *services: str,
    fault_type: str | None = "latency",
    role: str = "operator",
) -> AppTest:
    install_board(platform, role=role)
    page = AppTest.from_function(
        _script, args=(services or ("chat",), fault_type), default_timeout=30
    )
    return page.run()


def keyed(elements: Any, end: str) -> Any:
    """Return the one element whose key ends so; what comes before it changes with each opening."""
    (found,) = [item for item in elements if item.key.endswith(f".{end}")]
    return found


def confirm(page: AppTest) -> AppTest:
    return keyed(page.button, "confirm").click().run()


def words(page: AppTest) -> str:
    shown_elements = (*page.markdown, *page.error, *page.warning, *page.info, *page.success)
    return "\n".join(item.value.replace("\\", "") for item in shown_elements)


def test_an_untouched_form_injects_the_fault_with_its_defaults() -> None:
    platform = platform_with()
    page = open_form(platform)
    assert keyed(page.button, "confirm").label == "Inject latency into chat"
    confirm(page)
    assert not page.exception
    assert platform.asked == [("inject", "chat", Latency(), False)]


def test_what_is_typed_is_what_is_injected() -> None:
    platform = platform_with()
    page = open_form(platform, fault_type=None)
    keyed(page.selectbox, "type").select("error").run()
    keyed(page.number_input, "error.http_status").set_value(503)
    keyed(page.number_input, "usual.probability").set_value(25)
    keyed(page.text_input, "rare.match.path").input("/v1/*")
    keyed(page.text_input, "reason").input("game day 12")
    keyed(page.radio, "healing").set_value("observe")
    page.run()
    assert "25 % of requests that match /v1/*" in words(page)
    assert "nothing is done until you press Recover" in words(page)
    confirm(page)
    asked = Error(
        http_status=503,
        probability=0.25,
        match=Match(path="/v1/*"),
        reason="game day 12",
        healing="observe",
    )
    assert platform.asked == [("inject", "chat", asked, False)]


def test_what_was_typed_just_before_the_press_is_what_is_injected() -> None:
    platform = platform_with()
    page = open_form(platform)
    keyed(page.number_input, "latency.latency_ms").set_value(40.0)
    confirm(page)
    assert platform.asked == [("inject", "chat", Latency(latency_ms=40.0), False)]


def test_no_incident_at_all_is_under_more() -> None:
    platform = platform_with()
    page = open_form(platform)
    keyed(page.toggle, "suppress").set_value(True).run()
    assert keyed(page.radio, "healing").disabled
    confirm(page)
    assert platform.asked[0][2].healing == "suppress"


def test_every_fault_that_an_instance_can_apply_is_offered_and_the_rest_with_its_reason() -> None:
    page = open_form(platform_with(), fault_type=None)
    offered = keyed(page.selectbox, "type").options
    assert len(offered) == len(FAULT_KINDS) - 1
    assert not any(option.startswith("Hang") for option in offered)
    assert "there is no child to stop" in words(page)


def test_a_type_that_was_asked_for_and_is_not_possible_is_said_to_be_so() -> None:
    page = open_form(platform_with(), fault_type="hang")
    assert "hang is not possible here: chat-1: there is no child to stop" in words(page)


def test_only_some_instances() -> None:
    platform = platform_with(chat(*[Health.HEALTHY] * 3))
    page = open_form(platform)
    keyed(page.multiselect, "instances").set_value(["chat-2"]).run()
    assert "chat: 1 of 3 instances, chat-2" in words(page)
    confirm(page)
    assert platform.asked[0][2].target == Target(instances=("chat-2",))


def test_an_instance_that_cannot_take_it_is_not_aimed_at() -> None:
    odd = instance("chat-2", capabilities=(), missing={"latency": "its protocol is unknown"})
    platform = platform_with(shown.service("chat", instances=(instance("chat-1"), odd)))
    page = open_form(platform)
    assert "chat cannot take it on chat-2: its protocol is unknown" in words(page)
    confirm(page)
    assert platform.asked[0][2].target == Target(instances=("chat-1",))


def test_a_refusal_is_said_in_words_and_the_form_stays() -> None:
    until = shown.ago(-60)
    platform = platform_with(refusal=refused("already_active", detail="f1 does so", until=until))
    page = confirm(open_form(platform))
    assert "chat: refused. F1 does so. Until 22:14:20 UTC." in words(page).replace("**", "")
    assert keyed(page.button, "confirm").label == "Inject latency into chat"
    platform.refusal = None
    confirm(page)
    assert len(platform.asked) == 1


def test_a_platform_that_does_not_answer_is_said() -> None:
    platform = platform_with()
    page = open_form(platform)
    platform.is_down = True
    assert "nobody answers" in words(confirm(page))


def test_a_field_that_the_platform_finds_wrong_is_said_at_the_field() -> None:
    problem = Problem(
        type=f"{PROBLEM_TYPE_PREFIX}invalid",
        title="invalid",
        status=422,
        detail="must be odd",
        field="$.latency_ms",
    )
    page = confirm(open_form(platform_with(refusal=problem)))
    assert [item.value for item in page.markdown if item.value.startswith(":red")] == [
        ":red[:material/error: Must be odd\\.]"
    ]


def test_nothing_can_be_injected_while_a_field_is_wrong() -> None:
    page = open_form(platform_with())
    keyed(page.text_input, "rare.match.method").input("post").run()
    assert "This must look like" in words(page)
    assert "What it hits is said here once every field above is right." in words(page)
    assert keyed(page.button, "confirm").disabled


def test_the_last_healthy_instance_takes_a_second_choice() -> None:
    platform = platform_with(refusal=refused("last_healthy_instance"))
    page = confirm(open_form(platform))
    force = keyed(page.button, "force")
    assert force.label == "Inject into the last healthy instance of chat"
    platform.refusal = None
    force.click().run()
    assert platform.asked == [("inject", "chat", Latency(), True)]


def test_the_second_choice_is_gone_once_the_fault_is_another() -> None:
    platform = platform_with(refusal=refused("last_healthy_instance"))
    page = confirm(open_form(platform))
    keyed(page.number_input, "usual.ttl_s").set_value(30.0).run()
    assert not [item for item in page.button if item.key.endswith(".force")]


def test_several_services_are_told_of_one_by_one() -> None:
    summary = shown.service("summary", instances=(instance("summary-1"),))
    platform = platform_with(chat(Health.HEALTHY), summary)
    platform.refusals["summary"] = refused("maintenance")
    page = open_form(platform, "chat", "summary")
    assert keyed(page.button, "confirm").label == "Inject latency into 2 services"
    confirm(page)
    assert "chat: asked for" in words(page)
    assert "summary: refused. Refused: maintenance." in words(page).replace("**", "")
    assert keyed(page.button, "confirm").label == "Inject latency into summary"
    platform.refusals.clear()
    confirm(page)
    assert [asked[1] for asked in platform.asked] == ["chat", "summary"]


def test_what_is_halted_is_said_beforehand() -> None:
    platform = platform_with(halt=Halt(halted=True, reason="smoke"))
    assert "The platform will refuse this. All faults are halted: smoke" in words(
        open_form(platform)
    )


def test_a_viewer_is_told_which_role_it_takes() -> None:
    page = open_form(platform_with(), role="viewer")
    assert "takes the operator role; yours is viewer" in words(page)
    assert not page.button


def test_a_service_that_was_forgotten_meanwhile() -> None:
    assert "gone is not known any more" in words(open_form(platform_with(), "gone"))


def test_a_platform_whose_schema_cannot_be_had() -> None:
    platform = platform_with()
    install_board(platform)
    platform.is_down = True
    page = AppTest.from_function(_script, args=(("chat",), None), default_timeout=30).run()
    assert "nobody answers" in words(page)


def test_a_platform_that_is_slow_is_not_told_to_be_of_another_version() -> None:
    says = threading.Event()
    answers = install_board(platform_with(says_what_there_is=says), waits_s=0.05).answers
    page = AppTest.from_function(_script, args=(("chat",), "latency"), default_timeout=30).run()
    assert "has not said yet what can be injected" in words(page)
    says.set()
    eventually(
        "the answer to be there",
        lambda: answers.get("fault_forms", fail, younger_than_s=3600).value,
    )
    page.button[0].click().run()
    assert keyed(page.button, "confirm").label == "Inject latency into chat"


def fail(client: object) -> None:
    raise AssertionError("it is known already")


def test_a_hostile_name_is_text() -> None:
    name = "**x** :red[y] <img src=x onerror=alert(1)>"
    service = shown.service(name, instances=(instance("chat-1"),))
    page = open_form(platform_with(service), name)
    label = keyed(page.button, "confirm").label
    assert "**x**" not in label
    assert "<img" not in label

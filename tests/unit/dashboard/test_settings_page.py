from __future__ import annotations

import pytest

from tagent_dashboard.views.settings import deeds, platform_state


@pytest.mark.parametrize(
    ("role", "allowed"), [("", 0), ("sidecar", 0), ("viewer", 1), ("operator", 5), ("admin", 8)]
)
def test_each_role_allows_what_those_below_it_do_and_more(role: str, allowed: int) -> None:
    found = deeds(role)
    assert [deed.is_allowed for deed in found] == [True] * allowed + [False] * (8 - allowed)


def test_what_is_not_allowed_says_whom_it_needs() -> None:
    needs = {deed.text: deed.needs for deed in deeds("viewer") if not deed.is_allowed}
    assert needs["change policies"] == "admin"
    assert needs["acknowledge, annotate and close incidents"] == "operator"


@pytest.mark.parametrize(
    ("is_ready", "problem", "is_well", "text"),
    [
        (True, "", True, "It is ready."),
        (False, "", False, "It answers, but cannot do its work now"),
        (None, "", False, "It has not answered yet."),
        (True, "nobody answers.", False, "It cannot be reached: nobody answers."),
    ],
)
def test_the_platforms_state_is_said_in_words(
    is_ready: bool | None, problem: str, is_well: bool, text: str
) -> None:
    state = platform_state(is_ready, {"info": {"version": "1.2"}}, problem)
    assert (state.is_well, state.version) == (is_well, "1.2")
    assert state.text.startswith(text)


def test_a_version_that_is_not_known_is_said_to_be() -> None:
    assert platform_state(True, None, "").version == "not known"
    assert platform_state(True, {}, "").version == "not known"

from __future__ import annotations

import re
from collections.abc import Mapping
from enum import StrEnum

import pytest

from tagent_contract.experiments import RunState, Verdict
from tagent_contract.faults import FaultState
from tagent_contract.health import Health
from tagent_contract.incidents import Cause, IncidentState, Severity
from tagent_dashboard.views.words import (
    CAUSE_LOOKS,
    FAULT_LOOKS,
    HEALTH_LOOKS,
    INCIDENT_LOOKS,
    RUN_LOOKS,
    SEVERITY_LOOKS,
    VERDICT_LOOKS,
    WORD_JOINER,
    Look,
    look_of,
    plain,
    spoken,
)


@pytest.mark.parametrize(
    ("kind", "looks"),
    [
        (Health, HEALTH_LOOKS),
        (IncidentState, INCIDENT_LOOKS),
        (Severity, SEVERITY_LOOKS),
        (FaultState, FAULT_LOOKS),
        (Cause, CAUSE_LOOKS),
        (RunState, RUN_LOOKS),
        (Verdict, VERDICT_LOOKS),
    ],
)
def test_each_state_has_its_look(kind: type[StrEnum], looks: Mapping[StrEnum, Look]) -> None:
    assert set(looks) == set(kind)


def test_only_a_passed_run_is_green_and_each_verdict_has_a_shape_of_its_own() -> None:
    assert [each for each in Verdict if VERDICT_LOOKS[each].colour == "green"] == [Verdict.PASSED]
    assert len({look.shape for look in VERDICT_LOOKS.values()}) == len(Verdict)


def test_what_is_not_known_is_never_green() -> None:
    assert {HEALTH_LOOKS[state].colour for state in (Health.UNKNOWN, Health.OFFLINE)} == {"gray"}


def unescaped(markdown: str) -> str:
    """Return what a reader sees of escaped Markdown."""
    text = re.sub(r"\\([!-/:-@\[-`{-~])", r"\1", markdown)
    return text.replace("&lt;", "<").replace("&gt;", ">").replace(WORD_JOINER, "")


@pytest.mark.parametrize(
    "text",
    [
        "chat-service-9001",
        "**bold** _it_ `code` [a](b) ![a](b) # x | y ~~z~~",
        ":red[x] :material/home: :tada: :streamlit: $x^2$",
        "<img src=x onerror=alert(1)> &amp;",
        "http://evil.example www.evil.example a@b.example",
        "a -> b <- c -- d >= e <= f ~= g == h",
    ],
)
def test_foreign_text_reads_as_it_is(text: str) -> None:
    assert unescaped(plain(text)) == text


@pytest.mark.parametrize(
    "made_into_more",
    ["https://", "HTTP://", "www.", ":material/", ":streamlit:", "a@", "->", "<-", "--", ">="],
)
def test_what_escapes_do_not_stop_is_taken_apart(made_into_more: str) -> None:
    shown = plain(f"x {made_into_more}y").replace("\\", "")
    assert made_into_more not in shown.replace("&lt;", "<").replace("&gt;", ">")
    assert WORD_JOINER in shown


def test_line_ends_become_spaces_and_hidden_characters_are_written_out() -> None:
    assert plain("a\n\tb") == "a b"
    assert plain("a\u202eb") == "a\\\\u202eb"
    assert plain("\U0001f469\u200d\U0001f4bb") == "\U0001f469\u200d\U0001f4bb"


def test_words_of_the_wire_are_spoken_without_underscores() -> None:
    assert spoken("held_back") == "held back"


def test_what_may_not_be_true_any_more_is_grey_with_its_shape_and_never_green() -> None:
    for health in Health:
        was = look_of(health, is_live=False)
        assert was.colour == "gray"
        assert was.icon == look_of(health, is_live=True).icon
    assert look_of(Health.HEALTHY, is_live=True).colour == "green"
    assert look_of(Health.UNKNOWN, is_live=True).colour == "gray"

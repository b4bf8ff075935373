"""A service's policy: every threshold and limit of its health and healing, to read for all and to change for admins."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from itertools import count
from typing import Any

import msgspec
import streamlit as st

from tagent_client.client import Client
from tagent_client.errors import ApiError, TagentError
from tagent_dashboard.doorway.sessions import Person
from tagent_dashboard.live import board
from tagent_dashboard.views.policy_form import (
    Group,
    changes,
    current_values,
    policy_groups,
    settings,
)
from tagent_dashboard.views.refusals import refusal_text
from tagent_dashboard.views.schema_form import assembled
from tagent_dashboard.views.words import plain
from tagent_dashboard.widgets.schema_fields import Drawn, draw_fields

SCHEMA_KEEPS_S = 300.0
KEEPS_S = 5.0
_EDITED = "tagent.policy"
Policy = Mapping[str, Any]
_openings = count(1)
"""Nothing typed into one form comes back in the next."""


@st.fragment
def show_policy(person: Person, name: str) -> None:
    """Show it when it is asked for. Not live: nobody's typing is disturbed, and it hardly ever changes."""
    section = st.expander("Policy", icon=":material/tune:", key="policy", on_change="rerun")
    if not section.open:
        st.session_state.pop(_EDITED, None)
        return
    answers = board.installed().answers
    groups = answers.get(
        "policy_form",
        lambda client: policy_groups(client.openapi()),
        younger_than_s=SCHEMA_KEEPS_S,
    )
    policy = answers.get(("policy", name), _asking(name), younger_than_s=KEEPS_S)
    with section:
        if groups.problem or policy.problem:
            st.warning(plain(groups.problem or policy.problem))
        if groups.value and policy.value is not None:
            show = _edit if person.may_administrate else _read
            show(person, name, groups.value, policy.value)


def _asking(name: str) -> Any:
    def ask(client: Client) -> Policy:
        found: Policy = msgspec.to_builtins(client.policy(name))
        return found

    return ask


def _read(_person: Person, _name: str, groups: Sequence[Group], policy: Policy) -> None:
    places = st.columns(len(groups))
    for place, group in zip(places, groups, strict=True):
        lines = [
            f"{plain(setting.label)}: **{plain(setting.value)}**"
            + ("" if setting.is_default else " (changed)")
            for setting in settings(group, policy)
        ]
        place.markdown("  \n".join([f"**{plain(group.title)}**", *lines]))
    st.caption("An admin can change it.")


def _edit(person: Person, name: str, groups: Sequence[Group], newest: Policy) -> None:
    edited = st.session_state.get(_EDITED)
    if edited is None or edited[0] != name:
        # What a person edits stays what they began with, whoever changes it meanwhile.
        edited = st.session_state[_EDITED] = (name, newest, next(_openings))
    _, began_with, opening = edited
    drawn = Drawn()
    for group in groups:
        st.markdown(f"**{plain(group.title)}**  \n:gray[{plain(group.about)}]")
        values = current_values(group.fields, began_with)
        key = f"policy.{opening}"
        drawn.add(draw_fields(group.fields, key=key, columns=4, values=values))
    fields = [field for group in groups for field in group.fields]
    changed = changes(current_values(fields, began_with), drawn.values)
    if changed:
        st.markdown("\n".join(["This changes:", "", *(f"- {plain(line)}" for line in changed)]))
    with st.container(horizontal=True):
        wants_save = st.button(
            plain(f"Save the policy of {name}"),
            type="primary",
            key="policy_save",
            disabled=not (changed and drawn.is_sound),
        )
        st.button("Undo", key="policy_undo", disabled=not changed, on_click=_begin_anew)
    if newest != began_with:
        st.warning("Somebody has changed it since you began. Undo shows what it is now.")
    elif wants_save and changed and drawn.is_sound:
        _save(person, name, drawn)


def _begin_anew() -> None:
    st.session_state.pop(_EDITED, None)


def _save(person: Person, name: str, drawn: Drawn) -> None:
    try:
        person.client.set_policy(name, assembled(drawn.values))
    except TagentError as error:
        problem = error.problem if isinstance(error, ApiError) else None
        text = f"{error}." if problem is None else refusal_text(problem)
        if problem is None or not drawn.show_problem(problem.field, text):
            st.error(f"**Not saved.** {plain(text)}")
        return
    installed = board.installed()
    installed.answers.forget(("policy", name))
    installed.poller.poll()
    _begin_anew()
    st.toast(f"Policy of {plain(name)}: saved", icon=":material/check:")
    st.rerun(scope="app")

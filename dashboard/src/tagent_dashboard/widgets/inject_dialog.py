"""The dialog in which a person breaks something on purpose: what, whom it hits, and only then the deed."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from itertools import count
from typing import Any

import streamlit as st

from tagent_client.errors import ApiError, TagentError
from tagent_contract.problems import ConflictReason, Problem
from tagent_dashboard.doorway.sessions import Person
from tagent_dashboard.live import board
from tagent_dashboard.live.poller import CLOCK
from tagent_dashboard.live.snapshot import Snapshot
from tagent_dashboard.views.blast_radius import (
    BlastRadius,
    Reach,
    blast_radius,
    impossible,
    live_instances,
    reach_of,
)
from tagent_dashboard.views.fault_form import HEALING_WORDS, FaultForm, fault_forms
from tagent_dashboard.views.refusals import refusal_text
from tagent_dashboard.views.schema_form import assembled, field_at, problem_of
from tagent_dashboard.views.words import plain
from tagent_dashboard.widgets.schema_fields import Values, draw_fields

FORMS_KEEP_S = 300.0
_KEY = "tagent.inject"
_openings = count(1)
Fault = dict[str, Any]


@dataclass
class _Refused:
    """What the platform said of one service, and of which fault it said so."""

    fault: Fault
    text: str
    problem: Problem | None


@dataclass
class _Opened:
    """One opening of the dialog. Its number is in every key, so that nothing typed into an earlier one comes back."""

    services: tuple[str, ...]
    fault_type: str | None
    number: int = field(default_factory=lambda: next(_openings))
    refused: dict[str, _Refused] = field(default_factory=dict)
    done: set[str] = field(default_factory=set)

    def key(self, name: str) -> str:
        return f"inject.{self.number}.{name}"


@dataclass(frozen=True)
class _Asked:
    """What stands in the form: a fault for each service that it can reach."""

    form: FaultForm
    values: Values
    reaches: tuple[Reach, ...]
    faults: Mapping[str, Fault]
    is_sound: bool


def open_inject_dialog(person: Person, services: Sequence[str], fault_type: str | None) -> None:
    """Open the dialog for these services; `fault_type` is chosen already if given. To be called in the run in which a button was pressed."""
    opened = _Opened(tuple(services), fault_type)
    st.session_state[_KEY] = opened
    title = f"Inject into {plain(_named(opened.services))}"
    st.dialog(title, width="medium", icon=":material/bolt:")(show_inject_form)(person)


def show_inject_form(person: Person) -> None:
    """Show what the dialog holds."""
    opened: _Opened = st.session_state[_KEY]
    snapshot = board.installed().poller.snapshot
    known = [name for name in opened.services if name in snapshot.by_name]
    answer = board.installed().answers.get(
        "fault_forms", lambda client: fault_forms(client.openapi()), younger_than_s=FORMS_KEEP_S
    )
    if not person.may_operate:
        role = plain(person.role or "unknown")
        st.info(f"Injecting faults takes the operator role; yours is {role}.")
    elif not known:
        st.warning(f"{plain(_named(opened.services))} is not known any more.")
    elif not answer.value:
        st.error(
            plain(answer.problem or "The platform's API names no faults; check both versions.")
        )
    else:
        _show_form(person, opened, answer.value, snapshot)


def _named(services: Sequence[str]) -> str:
    return services[0] if len(services) == 1 else f"{len(services)} services"


def _show_form(
    person: Person, opened: _Opened, forms: Mapping[str, FaultForm], snapshot: Snapshot
) -> None:
    left = [
        name for name in opened.services if name in snapshot.by_name and name not in opened.done
    ]
    form = _choose_type(opened, forms, left, snapshot)
    if form is None:
        return
    asked = _ask(opened, form, left, snapshot)
    any_fault: Fault = next(iter(asked.faults.values()), {"type": form.type})
    _show_blast_radius(blast_radius(any_fault, asked.reaches, snapshot, CLOCK()))
    _show_outcome(opened)
    _show_buttons(person, opened, asked)


def _choose_type(
    opened: _Opened, forms: Mapping[str, FaultForm], services: Sequence[str], snapshot: Snapshot
) -> FaultForm | None:
    barred = impossible(list(forms), [snapshot.by_name[name] for name in services])
    possible = [name for name in forms if name not in barred]
    wanted = opened.fault_type
    if wanted is not None and wanted not in possible:
        why = "; ".join(barred.get(wanted, ("the platform knows no such fault",)))
        st.warning(f"{plain(wanted)} is not possible here: {plain(why)}")
    if not possible:
        st.error("None of the instances can take any fault.")
        return None
    chosen = st.selectbox(
        "Fault",
        possible,
        possible.index(wanted) if wanted in possible else 0,
        format_func=lambda name: f"{forms[name].title} \N{EN DASH} {forms[name].about}",
        key=opened.key("type"),
    )
    if barred:
        with st.expander(f"Not possible here: {', '.join(plain(forms[n].title) for n in barred)}"):
            for name, reasons in barred.items():
                st.markdown(f"**{plain(forms[name].title)}:** {plain('; '.join(reasons))}")
    return forms[chosen]


def _ask(opened: _Opened, form: FaultForm, services: Sequence[str], snapshot: Snapshot) -> _Asked:
    problems = _field_problems(opened, form)
    own_key = opened.key(form.type)
    values = draw_fields(form.own, key=own_key, columns=2, problems=problems)
    values |= draw_fields(form.usual, key=opened.key("usual"), columns=3, problems=problems)
    wanted = _choose_instances(opened, services, snapshot)
    healing = _choose_healing(opened)
    reason = st.text_input(
        "Reason",
        key=opened.key("reason"),
        max_chars=form.reason_length_max,
        placeholder="such as game day 12; it goes into the event log",
    )
    with st.expander("More"):
        if st.toggle("Open no incident because of it", key=opened.key("suppress")):
            healing = "suppress"
        values |= draw_fields(form.rare, key=opened.key("rare"), columns=3, problems=problems)
    reaches = tuple(reach_of(snapshot.by_name[name], form.type, wanted) for name in services)
    shared = {"type": form.type, "healing": healing, "reason": reason}
    is_sound = not any(problem_of(item, value) for item, value in values.items())
    made = shared | (assembled(values) if is_sound else {})
    return _Asked(
        form,
        values,
        reaches,
        {reach.service: made | _target(reach, wanted) for reach in reaches if reach.instances},
        is_sound,
    )


def _target(reach: Reach, wanted: Sequence[str] | None) -> Fault:
    """Name the instances where not all are meant, or not all can."""
    if wanted is None and not reach.left_out:
        return {"target": {"instances": "all"}}
    return {"target": {"instances": list(reach.instances)}}


def _choose_instances(
    opened: _Opened, services: Sequence[str], snapshot: Snapshot
) -> list[str] | None:
    """Return the chosen instances, None for all. Asked of one service with several only."""
    if len(services) != 1:
        return None
    live = [item.name for item in live_instances(snapshot.by_name[services[0]])]
    if len(live) < 2:
        return None
    return (
        st.multiselect(
            "Instances",
            live,
            key=opened.key("instances"),
            placeholder=f"all {len(live)}",
        )
        or None
    )


def _choose_healing(opened: _Opened) -> str:
    offered = ("act", "observe")
    is_suppressed = bool(st.session_state.get(opened.key("suppress")))
    chosen = st.radio(
        "When it does harm",
        offered,
        format_func=lambda name: HEALING_WORDS[name][0],
        captions=[HEALING_WORDS[name][1] for name in offered],
        horizontal=True,
        key=opened.key("healing"),
        disabled=is_suppressed,
    )
    return str(chosen)


def _field_problems(opened: _Opened, form: FaultForm) -> dict[Any, str]:
    """Return what the platform said of single fields of this type, for as long as their values are what it said that of."""
    fields: Values = dict.fromkeys((*form.own, *form.usual, *form.rare))
    found = {}
    for refused in opened.refused.values():
        wrong = field_at(refused.problem.field if refused.problem else None, fields)
        if wrong is not None and refused.fault["type"] == form.type:
            found[wrong] = refused.text
    return found


def _show_blast_radius(radius: BlastRadius) -> None:
    with st.container(border=True):
        st.markdown("**What it hits**")
        lines = [*radius.hits, radius.share, radius.lasts, radius.healing]
        st.markdown("\n".join(f"- {plain(line)}" for line in lines))
        for warning in radius.warnings:
            st.markdown(f":orange[:material/warning:] {plain(warning)}")
    for refusal in radius.refusals:
        st.warning(f"The platform will refuse this. {plain(refusal)}.", icon=":material/block:")


def _show_outcome(opened: _Opened) -> None:
    for name in sorted(opened.done):
        st.success(f"{plain(name)}: asked for", icon=":material/check:")
    for name, refused in opened.refused.items():
        st.error(f"**{plain(name)}: refused.** {plain(refused.text)}", icon=":material/block:")


def _show_buttons(person: Person, opened: _Opened, asked: _Asked) -> None:
    services = list(asked.faults)
    label = f"Inject {asked.form.words} into {_named(services)}" if services else "Inject"
    if st.button(
        plain(label),
        type="primary",
        icon=":material/bolt:",
        disabled=not (services and asked.is_sound),
        key=opened.key("confirm"),
    ):
        _inject(person, opened, asked.faults, force=False)
    last = {
        name: fault
        for name, fault in asked.faults.items()
        if name in opened.refused and _is_last_healthy(opened.refused[name], fault)
    }
    if last:
        st.markdown(
            "Nothing healthy will be left to answer callers there. If that is what you mean:"
        )
        if st.button(
            plain(f"Inject into the last healthy instance of {_named(list(last))}"),
            icon=":material/warning:",
            key=opened.key("force"),
        ):
            _inject(person, opened, last, force=True)


def _is_last_healthy(refused: _Refused, fault: Fault) -> bool:
    problem = refused.problem
    return (
        problem is not None
        and problem.reason == ConflictReason.LAST_HEALTHY_INSTANCE
        and refused.fault == fault
    )


def _inject(person: Person, opened: _Opened, faults: Mapping[str, Fault], *, force: bool) -> None:
    """Ask for each, close the dialog when all were accepted, else say what was not."""
    for name, fault in faults.items():
        opened.refused.pop(name, None)
        try:
            person.client.inject(name, fault, force=force)
        except TagentError as error:
            problem = error.problem if isinstance(error, ApiError) else None
            text = refusal_text(problem) if problem is not None else f"{error}."
            opened.refused[name] = _Refused(fault, text, problem)
        else:
            opened.done.add(name)
            st.toast(
                f"{plain(fault['type'])} into {plain(name)}: asked for", icon=":material/bolt:"
            )
    if opened.done:
        board.installed().poller.poll()
    st.rerun(scope="fragment" if opened.refused else "app")

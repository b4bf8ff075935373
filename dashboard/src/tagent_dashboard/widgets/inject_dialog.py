"""The dialog in which a person breaks something on purpose: what, whom it hits, and only then the deed."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from functools import partial
from itertools import count
from typing import Any

import streamlit as st

from tagent_client.errors import ApiError, TagentError
from tagent_contract.problems import ConflictReason, Problem
from tagent_dashboard.doorway.sessions import Person
from tagent_dashboard.live import board
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
from tagent_dashboard.views.schema_form import assembled
from tagent_dashboard.views.words import plain
from tagent_dashboard.widgets.dialogs import open_dialog
from tagent_dashboard.widgets.schema_fields import Drawn, draw_fields

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
    wanted: str = ""
    """Which button was pressed last, until what it asks for is done: it is done once all fields are read, for a press may come with what was just typed."""
    refused: dict[str, _Refused] = field(default_factory=dict)
    done: set[str] = field(default_factory=set)

    def key(self, name: str) -> str:
        return f"inject.{self.number}.{name}"

    def want(self, what: str) -> None:
        self.wanted = what


@dataclass(frozen=True)
class _Asked:
    """What stands in the form: a fault for each service that it can reach."""

    form: FaultForm
    drawn: Drawn
    reaches: tuple[Reach, ...]
    faults: Mapping[str, Fault]


def open_inject_dialog(person: Person, services: Sequence[str], fault_type: str | None) -> None:
    """Open the dialog for these services; `fault_type` is chosen already if given. To be called in the run in which a button was pressed."""
    begin_injecting(services, fault_type)
    title = f"Inject into {plain(_named(services))}"
    open_dialog(title, partial(show_inject_form, person), icon=":material/bolt:", width="medium")


def begin_injecting(services: Sequence[str], fault_type: str | None) -> None:
    """Begin a form for these services with nothing typed yet."""
    st.session_state[_KEY] = _Opened(tuple(services), fault_type)


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
    elif answer.value is None and not answer.problem:
        st.info("The platform has not said yet what can be injected.")
        st.button("Look again", icon=":material/refresh:")
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
    _do_what_is_wanted(person, opened, asked)
    for refused in opened.refused.values():
        if refused.problem is not None and refused.fault["type"] == form.type:
            asked.drawn.show_problem(refused.problem.field, refused.text)
    if asked.drawn.is_sound:
        any_fault: Fault = next(iter(asked.faults.values()), {"type": form.type})
        reaches = [reach for reach in asked.reaches if reach.service not in opened.done]
        now = board.installed().poller.now()
        _show_blast_radius(blast_radius(any_fault, reaches, snapshot, now))
    else:
        st.markdown("What it hits is said here once every field above is right.")
    _show_outcome(opened)
    _show_buttons(opened, asked)


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
    drawn = draw_fields(form.own, key=opened.key(form.type))
    drawn.add(draw_fields(form.usual, key=opened.key("usual"), columns=3))
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
        drawn.add(draw_fields(form.rare, key=opened.key("rare"), columns=3))
    reaches = tuple(reach_of(snapshot.by_name[name], form.type, wanted) for name in services)
    made = {"type": form.type, "healing": healing, "reason": reason}
    if drawn.is_sound:
        made |= assembled(drawn.values)
    faults = {reach.service: made | _target(reach, wanted) for reach in reaches if reach.instances}
    return _Asked(form, drawn, reaches, faults)


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


def _show_buttons(opened: _Opened, asked: _Asked) -> None:
    services = [name for name in asked.faults if name not in opened.done]
    st.button(
        plain(f"Inject {asked.form.words} into {_named(services)}" if services else "Inject"),
        type="primary",
        icon=":material/bolt:",
        disabled=not (services and asked.drawn.is_sound),
        key=opened.key("confirm"),
        on_click=opened.want,
        args=("confirm",),
    )
    last = _last_healthy(opened, asked)
    if last:
        st.markdown("Nothing healthy is left to answer callers then. If that is what you mean:")
        st.button(
            plain(f"Inject into the last healthy instance of {_named(list(last))}"),
            icon=":material/warning:",
            key=opened.key("force"),
            on_click=opened.want,
            args=("force",),
        )


def _last_healthy(opened: _Opened, asked: _Asked) -> dict[str, Fault]:
    """Return what was refused only because nothing healthy would be left, unless it was changed since."""
    return {
        name: fault
        for name, fault in asked.faults.items()
        if (refused := opened.refused.get(name)) is not None
        and refused.fault == fault
        and refused.problem is not None
        and refused.problem.reason == ConflictReason.LAST_HEALTHY_INSTANCE
    }


def _do_what_is_wanted(person: Person, opened: _Opened, asked: _Asked) -> None:
    """Inject if a button was pressed, and close the dialog once everything was accepted."""
    wanted, opened.wanted = opened.wanted, ""
    if wanted and asked.drawn.is_sound:
        is_forced = wanted == "force"
        faults = _last_healthy(opened, asked) if is_forced else asked.faults
        for name, fault in faults.items():
            _inject(person, opened, name, fault, force=is_forced)
        board.installed().poller.poll()
        if not opened.refused:
            st.rerun()


def _inject(person: Person, opened: _Opened, name: str, fault: Fault, *, force: bool) -> None:
    opened.refused.pop(name, None)
    try:
        person.client.inject(name, fault, force=force)
    except TagentError as error:
        problem = error.problem if isinstance(error, ApiError) else None
        text = refusal_text(problem) if problem is not None else f"{error}."
        opened.refused[name] = _Refused(fault, text, problem)
    else:
        opened.done.add(name)
        words = f"Inject {fault['type']} into {name}".replace("_", " ")
        st.toast(f"{plain(words)}: asked", icon=":material/bolt:")

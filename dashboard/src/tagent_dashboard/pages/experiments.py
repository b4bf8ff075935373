"""Experiments: what can be proven, what goes on, one run whole, and how resilient all of it shows the services to be."""

from __future__ import annotations

from collections.abc import Sequence

import streamlit as st

from tagent_contract.experiments import ExperimentView, RunState, RunView
from tagent_dashboard.doorway.sessions import Person
from tagent_dashboard.live import board, records, runs
from tagent_dashboard.live.records import Missing
from tagent_dashboard.live.snapshot import Snapshot
from tagent_dashboard.views.experiments import (
    ExperimentFilter,
    catalog,
    counts,
    last_words,
    runnable,
    services_of,
    tags_of,
)
from tagent_dashboard.views.paging import page_of
from tagent_dashboard.views.runs import RUNNER_COMMAND
from tagent_dashboard.views.words import plain
from tagent_dashboard.widgets.address import named_in_address
from tagent_dashboard.widgets.badges import badge
from tagent_dashboard.widgets.experiment_cards import experiment_cards
from tagent_dashboard.widgets.filters import choose_one, page_number, show_pages
from tagent_dashboard.widgets.links import experiments_link
from tagent_dashboard.widgets.open_runs import show_delays, show_open_runs, show_stop_button
from tagent_dashboard.widgets.page_head import show_head, show_nothing_known, state_row
from tagent_dashboard.widgets.run_detail import show_run_course, show_run_summary
from tagent_dashboard.widgets.run_dialog import open_run_dialog
from tagent_dashboard.widgets.score import show_score, show_score_line
from tagent_dashboard.widgets.who import as_known_now

PAGE_SIZE = 25
RUN = "run"


def show(person: Person) -> None:
    """Show the run that the address names, or the catalog."""
    run_id = named_in_address(RUN)
    every = show_head("Run" if run_id else "Experiments")
    if run_id:
        st.fragment(run_every=every, key="run")(_live_one)(person, run_id, every)
    else:
        asked = _choose_filter()
        st.fragment(run_every=every, key="experiments")(_live_all)(person, asked, every)


def _choose_filter() -> ExperimentFilter:
    known = runs.experiments(board.installed()).value or ()
    with st.container(horizontal=True, vertical_alignment="center"):
        return ExperimentFilter(
            service=choose_one("service", "Service", "All services", services_of(known)),
            tag=choose_one("tag", "Tag", "All tags", tags_of(known)),
            last=choose_one("last", "Last verdict", "Any last verdict", last_words()),
        )


def _live_all(person: Person, asked: ExperimentFilter, every: float | None) -> None:
    """Show what changes by itself. All of it is one fragment: several would run one after the other, and each at its own time."""
    installed = board.installed()
    snapshot, now = installed.poller.snapshot, installed.poller.now()
    person = as_known_now(person, snapshot)
    known, scores = runs.experiments(installed), runs.scores(installed)
    going_on = runs.open_runs(installed)
    with state_row(snapshot, now, every):
        if known.value:
            st.markdown(
                " ".join(
                    badge(f"{count} {word}", look) for word, look, count in counts(known.value)
                )
            )
    if known.value is None:
        show_nothing_known(known.problem, snapshot)
        return
    if scores.value is not None and known.value:
        show_score_line(scores.value, asked.service)
    show_open_runs(going_on, snapshot, person, now)
    _show_catalog(known.value, going_on, asked, person, now)
    if scores.value is not None and known.value:
        show_score(scores.value, asked.service)


def _show_catalog(
    known: Sequence[ExperimentView],
    going_on: Sequence[RunView],
    asked: ExperimentFilter,
    person: Person,
    now: float,
) -> None:
    if not known:
        st.info("No experiment is known yet. A runner brings its catalog along; start one:")
        st.code(RUNNER_COMMAND, language="bash")
        return
    found = [each for each in known if asked.matches(each)]
    _show_catalog_head(found, runnable(found, going_on), asked, person)
    if not found:
        st.info(f"None of the {len(known)} experiments is like that. Choose other filters.")
        return
    shown = page_of(found, page_number(), PAGE_SIZE)
    wanted = experiment_cards(catalog(shown.items, going_on, now), may_run=person.may_operate)
    show_pages(shown, "experiments", ("Previous", "Next"))
    if wanted:
        open_run_dialog(person, [each for each in shown.items if each.name == wanted])


def _show_catalog_head(
    found: Sequence[ExperimentView],
    free: Sequence[ExperimentView],
    asked: ExperimentFilter,
    person: Person,
) -> None:
    with st.container(
        horizontal=True, horizontal_alignment="distribute", vertical_alignment="center"
    ):
        st.header("Catalog", anchor=False, width="content")
        if not person.may_operate:
            st.markdown(_may_not(person), width="content")
        elif len(found) > 1 and st.button(
            f"Run {_which(found, free, asked)} {len(free)}\N{HORIZONTAL ELLIPSIS}",
            key="run_all",
            icon=":material/science:",
            disabled=not free,
            help="Asks first. One after the other where they break the same service",
        ):
            open_run_dialog(person, free)


def _which(
    found: Sequence[ExperimentView], free: Sequence[ExperimentView], asked: ExperimentFilter
) -> str:
    if len(free) < len(found):
        return "the other"
    return "these" if asked.is_narrow else "all"


def _may_not(person: Person) -> str:
    role = f"yours is {person.role}" if person.role else "the platform has not told yours yet"
    return f":gray[:material/lock: To run and stop experiments needs the role operator; {plain(role)}.]"


def _live_one(person: Person, run_id: str, every: float | None) -> None:
    installed = board.installed()
    snapshot, now = installed.poller.snapshot, installed.poller.now()
    person = as_known_now(person, snapshot)
    with state_row(snapshot, now, every):
        experiments_link("All experiments")
    known = runs.run(installed, run_id)
    if isinstance(known.value, Missing):
        st.warning(
            f"There is no run {plain(run_id)}. It may be too long ago, or of another platform, or the address is not whole.",
            icon=":material/search_off:",
        )
    elif known.value is None:
        show_nothing_known(known.problem, snapshot)
    else:
        _show_run(known.value, person, snapshot, now)


def _show_run(run: RunView, person: Person, snapshot: Snapshot, now: float) -> None:
    installed = board.installed()
    result = run.result
    show_run_summary(run, now)
    if run.state is RunState.WAITING:
        show_delays([run], runs.open_runs(installed), snapshot, now)
    show_stop_button(run, person)
    faults = records.faults_named(installed, result.faults if result else ())
    incidents = records.incidents_named(installed, result.incidents if result else ())
    show_run_course(run, faults, incidents, now)
    if run.state is RunState.ENDED and person.may_operate:
        _show_run_again(run, person)


def _show_run_again(run: RunView, person: Person) -> None:
    installed = board.installed()
    known = {each.name: each for each in runs.experiments(installed).value or ()}
    experiment = known.get(run.experiment)
    if experiment is None:
        return
    is_free = bool(runnable([experiment], runs.open_runs(installed)))
    if st.button(
        "Run again\N{HORIZONTAL ELLIPSIS}",
        key="run_again",
        icon=":material/replay:",
        disabled=not is_free,
        help=None if is_free else "A run of it waits or goes on already",
    ):
        open_run_dialog(person, [experiment])

from __future__ import annotations

from typing import Any

import pytest

from tagent_contract.incidents import (
    AttemptView,
    IncidentState,
    IncidentView,
    Outcome,
    Remedy,
    TimelineEntry,
)
from tagent_contract.times import parse_time
from tagent_dashboard.views.incident_picture import picture
from tagent_dashboard.views.timeline import KINDS, OTHER, kind_of, lines
from tagent_dashboard.views.timeline_picture import FAULT_LANES_MAX, plot_text
from tests.fakes.shown import NOW, ago, entry, fault, incident, target

HEALED = (
    entry("armed", 0, "latency armed on chat-1"),
    entry("acknowledged", 0.1, "chat-1 acknowledged latency"),
    entry("first_affected", 0.2),
    entry("detected", 3),
    entry("decided", 4),
    entry("restarted", 4.5),
    entry("healthy", 5),
    entry("verified", 15),
    entry("resolved", 15),
)


def healed(**changes: Any) -> IncidentView:
    known: dict[str, Any] = {
        "timeline": HEALED,
        "first_affected_at": ago(59.8),
        "opened_at": ago(57),
        "detected_at": ago(57),
        "resolved_at": ago(45),
        "mttd_s": 2.8,
        "attempts": (
            AttemptView(
                id="i1-1",
                number=1,
                remedy=Remedy.RESTART_INSTANCE,
                instance="chat-1",
                decided_at=ago(56),
                by="healing",
                outcome=Outcome.VERIFIED,
                ended_at=ago(45),
            ),
        ),
    }
    return incident(**{**known, **changes})


def bars(one: IncidentView, *faults: Any) -> dict[str, list[tuple[float, float, str]]]:
    """Return each lane's bars: from and to in seconds after the timeline began, and what is to be read of them."""
    found: dict[str, list[tuple[float, float, str]]] = {}
    for trace in picture(one, faults, NOW).figure["data"]:
        if trace["type"] == "bar":
            for lane, base, length, label in zip(
                trace["y"], trace["base"], trace["x"], trace["hovertext"], strict=True
            ):
                start = round(parse_time(base) - (NOW - 60), 3)
                text = label.split("<br>")[0]
                found.setdefault(lane, []).append((start, round(start + length / 1000, 3), text))
    return found


def marks(one: IncidentView, *faults: Any) -> dict[str, list[str]]:
    """Return each kind's lanes."""
    data = picture(one, faults, NOW).figure["data"]
    return {trace["name"]: trace["y"] for trace in data if trace["type"] == "scatter"}


def lanes(one: IncidentView, *faults: Any) -> list[str]:
    return list(picture(one, faults, NOW).figure["layout"]["yaxis"]["categoryarray"])


def test_it_has_a_lane_for_each_fault_and_for_each_part_of_the_story() -> None:
    faults = [
        fault(id="f1", created_at=ago(60)),
        fault(id="f2", created_at=ago(50)),
        fault(id="f3", type="hang", created_at=ago(40)),
    ]
    assert lanes(healed(), *faults) == [
        "Fault: latency",
        "Fault: latency 2",
        "Fault: hang",
        "Effect",
        "Detection",
        "Attempts",
        "Verification",
    ]
    with_note = healed(timeline=(*HEALED, entry("note", 20, "ada: seen")))
    assert lanes(with_note)[0] == "Fault"
    assert lanes(with_note)[-1] == "People"


def test_more_faults_than_there_is_room_for_are_not_drawn() -> None:
    faults = [fault(id=f"f{n}", type=f"type{n}", created_at=ago(60 - n)) for n in range(20)]
    assert len(lanes(healed(), *faults)) == FAULT_LANES_MAX + 4


def test_each_part_lasts_as_long_as_it_did() -> None:
    ended = fault(created_at=ago(60), ended_at=ago(50), injected=7)
    assert bars(healed(), ended) == {
        "Fault: latency": [(0.0, 10.0, "latency, 7 injected")],
        "Effect": [(0.2, 5.0, "not well for 4.8 s")],
        "Detection": [(0.2, 3.0, "found in 2.8 s")],
        "Attempts": [(4.0, 15.0, "1 verified restart instance chat-1 by healing")],
        "Verification": [(5.0, 15.0, "held 10 s")],
    }


def test_what_still_goes_on_lasts_until_now() -> None:
    one = healed(
        state=IncidentState.VERIFYING,
        resolved_at=None,
        timeline=HEALED[:-2],
        attempts=(),
    )
    found = bars(one, fault(created_at=ago(60)))
    assert found["Fault: latency"][0][1] == 60.0
    assert found["Verification"] == [(5.0, 60.0, "held 55 s so far")]
    sick = bars(healed(state=IncidentState.OPEN, resolved_at=None, timeline=HEALED[:4]))
    assert sick["Effect"] == [(0.2, 60.0, "not well for 1 min")]


def test_health_that_was_lost_again_is_no_end_of_the_effect() -> None:
    timeline = (
        entry("detected", 3),
        entry("healthy", 5),
        entry("relapsed", 6),
        entry("healthy", 20),
        entry("attempt_ended", 30),
    )
    found = bars(healed(state=IncidentState.OPEN, resolved_at=None, timeline=timeline))
    assert found["Verification"] == [
        (5.0, 6.0, "fell back after 1 s"),
        (20.0, 30.0, "not held, after 10 s"),
    ]
    assert found["Effect"][0][1] == 60.0


def test_a_sidecars_own_restart_is_an_attempt_too() -> None:
    def line(kind: str, after_s: float) -> TimelineEntry:
        told = entry(kind, after_s)
        return TimelineEntry(at=told.at, kind=kind, text="x", instance="chat-1")

    timeline = (line("exited", 1), line("restarted", 1.35), entry("detected", 1))
    found = bars(healed(timeline=timeline, attempts=()))
    assert found["Attempts"] == [(1.0, 1.35, "by its sidecar, in 350 ms")]


def test_each_kind_of_line_has_its_symbol_and_its_word() -> None:
    one = healed()
    assert marks(one, fault(created_at=ago(60))) == {
        "armed": ["Fault: latency"],
        "acknowledged": ["Fault: latency"],
        "first affected": ["Effect"],
        "detected": ["Detection"],
        "decided": ["Attempts"],
        "restarted": ["Attempts"],
        "healthy": ["Verification"],
        "verified": ["Verification"],
        "resolved": ["Verification"],
    }
    symbols = [
        trace["marker"]["symbol"]
        for trace in picture(one, (), NOW).figure["data"]
        if trace["type"] == "scatter"
    ]
    assert len(set(symbols)) >= 7


def test_a_fault_line_stands_in_the_lane_of_the_fault_it_is_nearest_to() -> None:
    first = fault(id="f1", created_at=ago(60))
    second = fault(
        id="f2",
        type="hang",
        created_at=ago(40),
        targets=(target(acked_at=ago(39), ended_at=ago(30)),),
    )
    one = healed(
        timeline=(
            entry("armed", 0, "latency armed on chat-1"),
            entry("acknowledged", 21, "chat-1 acknowledged hang"),
            entry("ended", 30, "hang ended on chat-1: ttl"),
        )
    )
    found = marks(one, first, second)
    assert found["armed"] == ["Fault: latency"]
    assert found["acknowledged"] == found["ended"] == ["Fault: hang"]


def test_a_long_quiet_is_left_out_and_said() -> None:
    late = (*HEALED[:4], entry("note", 3600, "ada: seen"))
    one = healed(timeline=late, opened_at=ago(57), attempts=(), resolved_at=None)
    far = picture(one, (fault(created_at=ago(60)),), NOW + 4000)
    (cut,) = far.figure["layout"]["xaxis"]["rangebreaks"]
    assert cut["dvalue"] > 3_000_000
    assert far.note == "Dotted line: 59 min 53 s without news left out."
    first, last = map(parse_time, far.figure["layout"]["xaxis"]["range"])
    assert last - first - cut["dvalue"] / 1000 < 30
    ticks = [parse_time(at) for at in far.figure["layout"]["xaxis"]["tickvals"]]
    since = parse_time(cut["values"][0])
    assert all(not since < at < since + cut["dvalue"] / 1000 for at in ticks)


def test_nothing_is_left_out_of_what_happens_steadily() -> None:
    drawn = picture(healed(), (), NOW)
    assert drawn.note == ""
    assert drawn.figure["layout"]["xaxis"]["rangebreaks"] == []
    assert "tickvals" not in drawn.figure["layout"]["xaxis"]


def test_an_open_incident_that_hangs_for_hours_shows_what_happened_and_not_the_hours() -> None:
    one = healed(state=IncidentState.ESCALATED, resolved_at=None, timeline=HEALED[:5], attempts=())
    first, last = map(parse_time, picture(one, (), NOW + 7200).figure["layout"]["xaxis"]["range"])
    assert last - first < 20


def test_labels_that_would_stand_on_each_other_are_left_to_the_closer_look() -> None:
    def attempt(number: int, after_s: float, length_s: float) -> AttemptView:
        begun, ended = entry("x", after_s).at, entry("x", after_s + length_s).at
        return AttemptView(
            id=str(number), number=number, remedy=Remedy.RESTART_INSTANCE, instance=None,
            decided_at=begun, by="healing", outcome=Outcome.STILL_SICK, ended_at=ended,
        )  # fmt: skip

    close = healed(attempts=(attempt(1, 4, 0.1), attempt(2, 4.3, 0.1), attempt(3, 8, 6)))
    (trace,) = [
        trace
        for trace in picture(close, (), NOW).figure["data"]
        if trace["type"] == "bar" and trace["y"][0] == "Attempts"
    ]
    assert trace["textposition"] == ["none", "outside", "inside"]
    assert [text.strip() for text in trace["text"]] == ["", "2 still sick", "3 still sick"]


def test_a_label_does_not_stand_over_the_edge() -> None:
    busy = [entry("note", at) for at in range(20, 99, 20)]
    timeline = (entry("detected", 0), *busy, entry("healthy", 99), entry("verified", 100))
    (trace,) = [
        trace
        for trace in picture(healed(timeline=timeline, attempts=()), (), NOW).figure["data"]
        if trace["type"] == "bar" and trace["y"][0] == "Verification"
    ]
    assert trace["textposition"] == ["none"]
    assert trace["hovertext"][0].startswith("held 1 s<br>")


def test_who_cannot_see_it_is_told_what_happened() -> None:
    said = picture(healed(), (), NOW).description
    assert said.startswith("Timeline of the incident, in UTC: 22:12:20 armed; ")
    assert said.endswith("22:12:35 resolved.")
    many = healed(timeline=tuple(entry("note", n) for n in range(100)))
    assert "and 60 more" in picture(many, (), NOW).description


def test_foreign_text_says_nothing_to_plotly() -> None:
    assert plot_text('<a href="x">&amp;</a>') == '&lt;a href="x"&gt;&amp;amp;&lt;/a&gt;'
    assert plot_text("x" * 100).count("<br>") == 1
    one = healed(timeline=(entry("<b>odd</b>", 1, "<b>what</b>"),))
    data = picture(one, (), NOW).figure["data"]
    assert "<b>" not in str(data)


# --- as text ----------------------------------------------------------------------------------------------


def test_lines_say_when_how_long_after_and_what() -> None:
    first, second, *_ = lines(HEALED)
    assert (first.at, first.after, first.word) == ("22:12:20", "+0.00 s", "armed")
    assert (second.after, second.text) == ("+0.10 s", "chat-1 acknowledged latency")
    assert lines(()) == ()


def test_a_kind_that_is_not_known_here_is_shown_all_the_same() -> None:
    (line,) = lines((entry("dreamt_of", 1, "sheep"),))
    assert (line.word, line.kind) == ("dreamt of", OTHER)


@pytest.mark.parametrize("kind", sorted(KINDS))
def test_each_kind_has_shape_and_word_beside_its_colour(kind: str) -> None:
    look = kind_of(entry(kind, 0)).look
    assert look.icon
    assert look.shape
    assert look.colour

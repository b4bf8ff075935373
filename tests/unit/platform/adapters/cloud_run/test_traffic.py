"""What traffic says, and how it is held and given back."""

from __future__ import annotations

import pytest
from google.cloud import run_v2

from tagent_platform.adapters.runtime.cloud_run import traffic
from tagent_platform.core.roll_outs import RollBack

PATH = "projects/p/locations/r/services/chat"
TO_LATEST = run_v2.TrafficTargetAllocationType.TRAFFIC_TARGET_ALLOCATION_TYPE_LATEST
TO_REVISION = run_v2.TrafficTargetAllocationType.TRAFFIC_TARGET_ALLOCATION_TYPE_REVISION
HOLD = RollBack(attempt_id="a1", revision="r1", replaced="r2", at=1_700_000_000.0)


def latest(percent: int = 100, tag: str = "") -> run_v2.TrafficTarget:
    return run_v2.TrafficTarget(type_=TO_LATEST, percent=percent, tag=tag)


def to(revision: str, percent: int = 100, tag: str = "") -> run_v2.TrafficTarget:
    return run_v2.TrafficTarget(type_=TO_REVISION, revision=revision, percent=percent, tag=tag)


def service(*targets: run_v2.TrafficTarget, created: str = "r2") -> run_v2.Service:
    return run_v2.Service(
        name=PATH,
        traffic=list(targets),
        traffic_statuses=[
            run_v2.TrafficTargetStatus(type_=t.type_, revision=t.revision, percent=t.percent)
            for t in targets
        ],
        latest_ready_revision=f"{PATH}/revisions/r2",
        latest_created_revision=f"{PATH}/revisions/{created}",
    )


@pytest.mark.parametrize(
    ("found", "follows"),
    [
        (service(), True),
        (service(latest()), True),
        (service(latest(), to("r1", 0, "old")), True),
        (service(to("r1")), False),
        (service(to("r1", 90), latest(10)), False),
    ],
)
def test_all_or_nothing_follows_the_newest(found: run_v2.Service, follows: bool) -> None:
    assert traffic.follows_latest(found) is follows


def test_who_serves_and_who_is_about_to() -> None:
    assert traffic.current(service(latest())) == {"r2"}
    assert traffic.current(service(latest(), created="r3")) == {"r2", "r3"}
    assert traffic.current(service(to("r1"), created="r3")) == {"r1"}
    assert traffic.current(service(to("r1", 50), to("r2", 50))) == {"r1", "r2"}
    assert (
        traffic.pinned_text(service(to("r1", 90), latest(10))) == "90 % to r1, 10 % to the newest"
    )


def test_a_restart_changes_the_template_alone() -> None:
    before = service(latest())
    before.template.revision = "fixed"
    before.template.annotations["theirs"] = "kept"
    after = traffic.restarted(before, "a1", 0.0)
    assert after.template.revision == ""
    assert dict(after.template.annotations) == {
        "theirs": "kept",
        traffic.ATTEMPT: "a1",
        traffic.RESTARTED_AT: "1970-01-01T00:00:00.000Z",
    }
    assert traffic.is_restarted_by(after, "a1")
    assert not traffic.is_restarted_by(before, "a1")
    assert not traffic.is_restarted_by(run_v2.Service(), "")
    assert before.template.revision == "fixed", "what was read stays as it was"


def test_a_hold_is_read_as_it_was_written_and_keeps_tagged_addresses() -> None:
    after = traffic.holding(service(latest(), to("r2", 0, "preview")), HOLD)
    assert traffic.held(after) == HOLD
    assert traffic.may_be_given_back(after)
    assert [(t.revision, t.percent, t.tag) for t in after.traffic] == [
        ("r1", 100, ""),
        ("r2", 0, "preview"),
    ]
    assert after.template == service().template


def test_giving_back_leaves_nothing_of_the_hold() -> None:
    held = traffic.holding(service(latest()), HOLD)
    held.annotations["theirs"] = "kept"
    after = traffic.given_back(held)
    assert traffic.held(after) is None
    assert traffic.follows_latest(after)
    assert dict(after.annotations) == {"theirs": "kept"}


def test_a_hold_whose_traffic_somebody_moved_is_none() -> None:
    held = traffic.holding(service(latest()), HOLD)
    held.traffic = [latest()]
    assert traffic.held(held) is None
    held.traffic = [to("r1", 50), to("r2", 50)]
    assert traffic.held(held) is None


def test_what_people_had_pinned_is_not_given_back() -> None:
    assert not traffic.may_be_given_back(traffic.holding(service(to("r2")), HOLD))


def test_a_second_hold_remembers_what_was_before_the_first() -> None:
    once = traffic.holding(service(latest()), HOLD)
    twice = traffic.holding(
        once, RollBack(attempt_id="a2", revision="r0", replaced="r1", at=HOLD.at)
    )
    assert traffic.may_be_given_back(twice)
    assert traffic.held(twice) is not None


def test_a_hold_with_a_spoiled_time_is_still_one() -> None:
    held = traffic.holding(service(latest()), HOLD)
    held.annotations[traffic.HELD_AT] = "yesterday"
    found = traffic.held(held)
    assert found is not None
    assert (found.revision, found.at) == ("r1", 0.0)


def test_bounds_that_are_not_named_stay() -> None:
    before = service()
    before.scaling.max_instance_count = 9
    after = traffic.scaled(before, 2, None)
    assert (after.scaling.min_instance_count, after.scaling.max_instance_count) == (2, 9)

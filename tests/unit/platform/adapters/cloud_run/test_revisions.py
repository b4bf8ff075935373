"""Which revision to roll back to, and whether a newer one is a mended one."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

from google.cloud import run_v2

from tagent_platform.adapters.runtime.cloud_run.revisions import families, is_mended, last_good
from tagent_platform.adapters.runtime.cloud_run.traffic import ATTEMPT

FIRST = datetime(2026, 1, 1, tzinfo=UTC)


def history(*said: str) -> list[run_v2.Revision]:
    """Return revisions r1, r2 ... as `deploy`, `failed` or `restart:ID`, the newest first as the API lists them.

    As with gcloud, a deployment keeps the annotations of what was there before.
    """
    found: list[run_v2.Revision] = []
    mark = ""
    for number, word in enumerate(said, start=1):
        kind, _, attempt = word.partition(":")
        mark = attempt or mark
        state = run_v2.Condition.State.CONDITION_SUCCEEDED
        if kind == "failed":
            state = run_v2.Condition.State.CONDITION_FAILED
        found.append(
            run_v2.Revision(
                name=f"projects/p/locations/r/services/s/revisions/r{number}",
                create_time=FIRST + timedelta(hours=number),
                annotations={ATTEMPT: mark} if mark else {},
                conditions=[run_v2.Condition(type_="Ready", state=state)],
            )
        )
    return found[::-1]


def test_a_restart_shares_the_configuration_of_what_it_restarts() -> None:
    found = families(history("deploy", "restart:a", "restart:b", "deploy", "restart:c"))
    assert found == {"r1": 0, "r2": 0, "r3": 0, "r4": 1, "r5": 1}
    assert families([]) == {}


def test_the_one_before_is_the_last_good_one() -> None:
    assert last_good(history("deploy", "deploy", "deploy"), {"r3"}, ()) == "r2"


def test_a_restart_of_the_sick_one_is_none() -> None:
    assert last_good(history("deploy", "deploy", "restart:a"), {"r3"}, ()) == "r1"
    assert last_good(history("deploy", "restart:a"), {"r2"}, ()) is None


def test_one_that_never_started_is_none() -> None:
    assert last_good(history("deploy", "failed", "deploy"), {"r3"}, ()) == "r1"
    assert last_good(history("failed", "deploy"), {"r2"}, ()) is None


def test_one_that_was_healthy_under_our_eyes_goes_before_a_newer_one() -> None:
    assert last_good(history("deploy", "deploy", "deploy"), {"r3"}, ("r1",)) == "r1"
    assert last_good(history("deploy", "deploy", "deploy"), {"r3"}, ("gone", "r3")) == "r2"


def test_a_newer_one_that_failed_is_not_gone_forward_to() -> None:
    assert last_good(history("deploy", "deploy", "failed"), {"r2"}, ()) == "r1"


def test_of_several_sick_ones_it_is_before_the_oldest() -> None:
    assert last_good(history("deploy", "deploy", "deploy"), {"r3", "r2"}, ()) == "r1"


def test_nothing_is_known_of_who_serves() -> None:
    assert last_good(history("deploy", "deploy"), {"elsewhere"}, ()) is None
    assert last_good(history("deploy"), (), ()) is None


def test_a_mended_revision_is_ready_and_another_configuration() -> None:
    assert is_mended(history("deploy", "deploy", "deploy"), "r3", "r2")
    assert not is_mended(history("deploy", "deploy", "failed"), "r3", "r2")
    assert not is_mended(history("deploy", "deploy", "restart:a"), "r3", "r2")
    assert is_mended(history("deploy", "deploy"), "r2", "gone")

"""What a sidecar's own restarts add to an incident's story."""

from __future__ import annotations

from tagent_platform.core.incidents.exits import tell_exits, with_exits_told
from tagent_platform.core.incidents.steps import Step
from tagent_platform.core.records import ExitRecord
from tests.fakes.clinic import NOW, incident, instance

DOWN = ExitRecord(number=1, at=NOW, status="exit 1")
BACK = ExitRecord(number=1, at=NOW, status="exit 1", back_at=NOW + 0.043)
SLOW = ExitRecord(number=2, at=NOW + 10, status="signal KILL", back_at=NOW + 12.5)


def told(*exits: ExitRecord, exits_told: int = 0, backs_told: int = 0) -> list[tuple[str, str]]:
    who = instance(exits=exits, exits_told=exits_told, backs_told=backs_told)
    lines = tell_exits(Step(incident()), who).incident.timeline
    return [(line.kind, line.text) for line in lines]


def test_an_exit_and_its_restart_are_told_with_the_time_it_took() -> None:
    assert told(BACK, SLOW) == [
        ("exited", "the process of chat-1 ended by itself: exit 1"),
        ("restarted", "chat-1 was restarted by its sidecar in 43 ms"),
        ("exited", "the process of chat-1 ended by itself: signal KILL"),
        ("restarted", "chat-1 was restarted by its sidecar in 2.5 s"),
    ]


def test_a_restart_that_comes_later_is_told_later() -> None:
    assert [kind for kind, _ in told(DOWN)] == ["exited"]
    assert [kind for kind, _ in told(BACK, exits_told=1)] == ["restarted"]


def test_nothing_is_told_twice() -> None:
    assert told(BACK, exits_told=1, backs_told=1) == []
    who = with_exits_told(instance(exits=(BACK, SLOW)))
    assert (who.exits_told, who.backs_told) == (2, 2)
    assert with_exits_told(who) is who


def test_only_what_is_known_counts_as_told() -> None:
    who = with_exits_told(instance(exits=(DOWN,)))
    assert (who.exits_told, who.backs_told) == (1, 0)


def test_an_instance_that_never_exited_stays_as_it_is() -> None:
    who = instance()
    assert with_exits_told(who) is who

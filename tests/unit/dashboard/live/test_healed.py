"""What is over since lately is told of for ten minutes, whole."""

from __future__ import annotations

from typing import Any, cast

import pytest

from tagent_client.client import Client
from tagent_client.errors import ApiError
from tagent_contract.incidents import IncidentState, IncidentView
from tagent_dashboard.live.healed import KEPT_S, LOOKED_UP_AT_ONCE, Healed
from tests.fakes import shown
from tests.fakes.dashboard import FakeClient, FakePlatform, refused


class Looker:
    """A platform, and what is known of it after each look."""

    def __init__(self) -> None:
        self.platform = FakePlatform()
        self.client = FakeClient(self.platform)
        self.healed = Healed()

    def look(self, after_s: float = 0.0) -> list[str]:
        client = cast("Client", self.client)
        unresolved = tuple(self.client.incidents(unresolved=True))
        found = self.healed.look(client, unresolved, shown.NOW + after_s)
        return [incident.id for incident in found]

    def has(self, *incidents: IncidentView) -> None:
        self.platform.incidents = list(incidents)


def is_open(incident_id: str = "i1", **changes: Any) -> IncidentView:
    return shown.incident(id=incident_id, state=IncidentState.VERIFYING, **changes)


def is_over(incident_id: str = "i1", ago_s: float = 0.0, **changes: Any) -> IncidentView:
    return shown.incident(id=incident_id, resolved_at=shown.ago(ago_s), **changes)


def test_what_ends_while_one_looks_is_told_whole() -> None:
    looker = Looker()
    looker.has(is_open())
    assert looker.look() == []

    looker.has(is_over(timeline=(shown.entry("exited", 0),)))

    assert looker.look() == ["i1"]
    known = looker.healed.look(cast("Client", looker.client), (), shown.NOW)
    assert known[0].timeline[0].kind == "exited"


def test_what_had_just_ended_when_the_dashboard_started_is_told_too() -> None:
    looker = Looker()
    looker.has(is_over("lately", 30), is_over("long-ago", KEPT_S + 1))

    assert looker.look() == ["lately"]


def test_it_is_told_for_ten_minutes_the_latest_first() -> None:
    looker = Looker()
    looker.has(is_over("old", 60), is_over("new", 0))

    assert looker.look() == ["new", "old"]
    assert looker.look(after_s=KEPT_S - 30) == ["new"]
    assert looker.look(after_s=KEPT_S + 1) == []


def test_one_that_is_open_again_is_not_over() -> None:
    looker = Looker()
    looker.has(is_over())
    assert looker.look() == ["i1"]

    looker.has(is_open())

    assert looker.look() == []


def test_the_end_of_a_great_outage_is_looked_up_piece_by_piece() -> None:
    looker = Looker()
    many = [f"i{n:02d}" for n in range(LOOKED_UP_AT_ONCE + 3)]
    looker.has(*(is_open(name) for name in many))
    looker.look()

    looker.has(*(is_over(name) for name in many))

    assert len(looker.look()) == LOOKED_UP_AT_ONCE
    assert sorted(looker.look()) == many


def test_one_forgotten_with_its_service_is_left_out() -> None:
    looker = Looker()
    looker.has(is_open())
    looker.look()

    looker.has()

    assert looker.look() == []


def test_what_could_not_be_looked_up_is_looked_up_the_next_time(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    looker = Looker()
    looker.has(is_open())
    looker.look()
    looker.has(is_over())

    def away(_incident_id: str) -> IncidentView:
        raise ApiError(refused("store", status=503))

    with monkeypatch.context() as patch:
        patch.setattr(looker.client, "incident", away)
        with pytest.raises(ApiError):
            looker.look()

    assert looker.look() == ["i1"]

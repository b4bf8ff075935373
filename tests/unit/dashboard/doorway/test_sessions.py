"""Who is signed in, and for how long."""

from __future__ import annotations

import pytest

from tagent_client.errors import ApiError, UnreachableError
from tagent_dashboard.doorway import sessions as module
from tagent_dashboard.doorway.person import Person
from tagent_dashboard.doorway.sessions import SESSION_S, Sessions, WrongTokenError
from tests.fakes.access import ADDRESS, FakeAccess


class Hall:
    """Sessions over a platform in memory, and a clock that stands still."""

    def __init__(self) -> None:
        self.access = FakeAccess()
        self.access.let_in("ann", "ann")
        self.access.let_in("ben", "ben", "viewer")
        self.now = 1000.0
        self.sessions = Sessions(ADDRESS, now=lambda: self.now, connect=self.access.connect)

    def name_of(self, session: str) -> str | None:
        person = self.sessions.find(session)
        return person.name if person else None


@pytest.fixture
def hall() -> Hall:
    return Hall()


def test_a_session_is_its_person_s_until_they_sign_out(hall: Hall) -> None:
    ann, ben = hall.sessions.sign_in("ann"), hall.sessions.sign_in("ben")
    assert (hall.name_of(ann), hall.name_of(ben)) == ("ann", "ben")
    person = hall.sessions.find(ben)
    assert person is not None
    assert (person.may_operate, person.may_administrate) == (False, False)

    hall.sessions.sign_out(ann)
    hall.sessions.sign_out(ann)

    assert (hall.name_of(ann), hall.name_of(ben)) == (None, "ben")


def test_a_session_s_name_says_nothing_of_its_token_and_cannot_be_guessed(hall: Hall) -> None:
    names = {hall.sessions.sign_in("ann") for _ in range(5)}
    assert len(names) == 5
    assert all(len(name) >= 43 and "ann" not in name for name in names)
    assert [hall.sessions.find(guess) for guess in (None, "", "ann", "x" * 43)] == [None] * 4


def test_a_session_ends_by_itself_after_twelve_hours(hall: Hall) -> None:
    ann = hall.sessions.sign_in("ann")
    hall.now += SESSION_S - 1
    assert hall.name_of(ann) == "ann"
    hall.now += 1
    assert hall.name_of(ann) is None
    assert hall.sessions.has_ended(ann)


def test_whom_the_platform_does_not_know_is_not_let_in(hall: Hall) -> None:
    with pytest.raises(ApiError):
        hall.sessions.sign_in("stranger")
    hall.access.is_down = True
    with pytest.raises(UnreachableError):
        hall.sessions.sign_in("ann")


def test_a_sidecar_s_token_is_no_person_s(hall: Hall) -> None:
    hall.access.let_in("sidecar", "chat-1", "sidecar")
    with pytest.raises(WrongTokenError, match="token of a sidecar, not a person's"):
        hall.sessions.sign_in("sidecar")
    assert hall.sessions.any_client() is None


def test_beyond_a_thousand_the_one_not_used_longest_is_signed_out(
    hall: Hall, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(module, "SESSIONS_MAX", 3)
    first, second, third = (hall.sessions.sign_in("ann") for _ in range(3))
    hall.sessions.find(first)
    fourth = hall.sessions.sign_in("ben")
    assert [hall.name_of(one) for one in (first, second, third, fourth)] == [
        "ann", None, "ann", "ben",
    ]  # fmt: skip


def test_one_person_s_client_is_lent_for_as_long_as_they_are_there(hall: Hall) -> None:
    assert hall.sessions.any_client() is None
    ann = hall.sessions.sign_in("ann")
    lent = hall.sessions.any_client()
    ben = hall.sessions.sign_in("ben")
    hall.sessions.find(ben)
    assert hall.sessions.any_client() is lent

    hall.sessions.sign_out(ann)

    person = hall.sessions.find(ben)
    assert person is not None
    assert hall.sessions.any_client() is person.client


def test_a_client_that_is_refused_ends_the_sessions_it_belongs_to(hall: Hall) -> None:
    ann, again, ben = (hall.sessions.sign_in(token) for token in ("ann", "ann", "ben"))
    person = hall.sessions.find(ann)
    assert person is not None
    hall.sessions.refused(person.client)
    assert [hall.name_of(one) for one in (ann, again, ben)] == [None, "ann", "ben"]


def test_a_round_ends_what_was_revoked_and_what_is_over(hall: Hall) -> None:
    ann, ben = hall.sessions.sign_in("ann"), hall.sessions.sign_in("ben")
    ended: list[str] = []
    anyone = hall.access.connect(ADDRESS)
    hall.sessions.begin("c", Person("cleo", "viewer", anyone), 60.0, lambda: ended.append("c"))
    del hall.access.known["ann"]
    hall.now += 60.0

    hall.sessions.look_after()

    assert [hall.name_of(one) for one in (ann, ben, "c")] == [None, "ben", None]
    assert ended == ["c"]


def test_a_platform_that_is_away_signs_nobody_out(hall: Hall) -> None:
    ann = hall.sessions.sign_in("ann")
    hall.access.is_down = True
    hall.sessions.look_after()
    assert hall.name_of(ann) == "ann"


def test_a_connection_is_over_some_time_after_its_session(hall: Hall) -> None:
    ann = hall.sessions.sign_in("ann")
    hall.sessions.see("page", ann)
    hall.sessions.see("stranger", None)
    assert not hall.sessions.is_over("page", 10.0)
    hall.sessions.sign_out(ann)
    hall.now += 10.0
    assert not hall.sessions.is_over("page", 10.0)
    hall.now += 0.1
    assert hall.sessions.is_over("page", 10.0)
    assert not hall.sessions.is_over("stranger", 10.0)
    hall.sessions.see_no_more("page")
    assert not hall.sessions.is_over("page", 10.0)


def test_a_connection_of_a_session_that_was_never_heard_of_is_over(hall: Hall) -> None:
    hall.sessions.see("page", "long forgotten")
    assert hall.sessions.is_over("page", 10.0)

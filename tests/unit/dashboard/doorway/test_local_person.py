"""Who everybody on this machine is, when the platform answers, does not, and does not say that it does not."""

from __future__ import annotations

import threading
from collections.abc import Iterator

import pytest

from tagent_dashboard.doorway.local_person import LocalPerson
from tests.fakes.access import ADDRESS, FakeAccess


class Porch:
    def __init__(self) -> None:
        self.access = FakeAccess()
        self.now = 0.0
        self.local = LocalPerson(self.access.connect(ADDRESS), now=lambda: self.now, wait_s=0.01)

    def settle(self) -> None:
        """Wait until nobody asks any more."""
        for thread in threading.enumerate():
            if thread.name == "who is local":
                thread.join(20)


@pytest.fixture
def porch() -> Iterator[Porch]:
    one = Porch()
    yield one
    one.access.answering.set()
    one.settle()


def test_they_are_the_holder_of_the_home_s_token(porch: Porch) -> None:
    porch.local.get()
    porch.settle()
    person = porch.local.get()
    assert (person.name, person.role) == ("local-admin", "admin")
    assert porch.access.asked == 1


def test_a_platform_that_hangs_holds_nobody_up_and_is_asked_once(porch: Porch) -> None:
    porch.access.answering.clear()
    people = [porch.local.get() for _ in range(5)]
    porch.now += 100.0
    people.append(porch.local.get())
    assert {person.role for person in people} == {""}
    assert porch.access.asked == 1

    porch.access.answering.set()
    porch.settle()

    assert porch.local.get().role == "admin"


def test_while_nothing_is_known_the_platform_is_asked_every_two_seconds_at_most(
    porch: Porch,
) -> None:
    porch.access.is_down = True
    for _ in range(4):
        porch.local.get()
        porch.settle()
    assert porch.access.asked == 1
    porch.access.is_down = False
    porch.now += 2.0
    porch.local.get()
    porch.settle()
    assert porch.local.get().role == "admin"


def test_what_is_known_is_looked_at_again_and_outlasts_a_platform_that_is_away(
    porch: Porch,
) -> None:
    porch.local.get()
    porch.settle()
    porch.access.let_in("own", "local-admin", "viewer")
    porch.now += 60.0
    porch.local.get()
    porch.settle()
    assert porch.local.get().role == "viewer"
    porch.access.is_down = True
    porch.now += 60.0
    porch.local.get()
    porch.settle()
    assert porch.local.get().role == "viewer"
    assert porch.access.asked == 3

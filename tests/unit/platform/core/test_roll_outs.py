"""Whose instances belong to a roll-out, and whose revision serves no more."""

from __future__ import annotations

from tagent_contract.reports import Place
from tagent_platform.core.records import InstanceRecord
from tagent_platform.core.roll_outs import is_of, is_retired, of_roll_out, revisions_of
from tests.fakes.clinic import NOW, instance


def of(revision: str, name: str = "i-1", boot_started_at: float = 0.0) -> InstanceRecord:
    place = Place(runtime="cloud_run", service="chat", revision=revision)
    return instance(name=name, place=place, boot_started_at=boot_started_at)


def test_an_instance_belongs_to_the_revision_that_it_names() -> None:
    assert is_of(of("r2"), "r2", NOW)
    assert not is_of(of("r1", boot_started_at=NOW + 5), "r2", NOW)


def test_one_that_names_none_belongs_to_it_if_it_is_young_enough() -> None:
    assert is_of(instance(boot_started_at=NOW + 1), "r2", NOW)
    assert not is_of(instance(boot_started_at=NOW - 1), "r2", NOW)


def test_a_roll_outs_instances_come_in_order() -> None:
    live = {name: of(revision, name) for name, revision in (("b", "r2"), ("a", "r2"), ("c", "r1"))}
    assert [each.name for each in of_roll_out(live, "r2", NOW)] == ["a", "b"]


def test_who_names_no_revision_is_never_retired() -> None:
    assert not is_retired(instance(), frozenset({"r2"}))
    assert is_retired(of("r1"), frozenset({"r2"}))
    assert not is_retired(of("r2"), frozenset({"r2"}))


def test_revisions_are_those_that_have_names() -> None:
    assert revisions_of([of("r1"), of("r1"), of(""), instance()]) == {"r1"}

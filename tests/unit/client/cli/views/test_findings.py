"""What doctor says of instances."""

from __future__ import annotations

from tagent_client.cli.views.findings import Finding, findings_sheet, instance_findings
from tagent_client.cli.views.sheet import text_of
from tests.fakes.shown import instance, service


def test_what_stands_out_about_an_instance_is_found() -> None:
    sick = instance(
        clock_offset_s=-5.0, missing={"hang": "no child"}, supervised=False, version="0.0.9"
    )
    found = instance_findings([service(instances=(sick,))], "0.1.0")
    assert [finding.text for finding in found] == [
        "its clock is -5.0 s off the platform's",
        "cannot apply hang: no child",
        "its sidecar is not its parent: it is not restarted when it ends or hangs",
        "its sidecar is version 0.0.9, this is 0.1.0",
    ]
    assert {finding.subject for finding in found} == {"chat-service-9001"}


def test_good_instances_are_one_good_finding() -> None:
    [found] = instance_findings([service(instances=(instance(), instance("x")))], "0.1.0")
    assert (found.grade, found.text[:9]) == ("good", "2 checked")


def test_no_instances_are_no_finding() -> None:
    assert instance_findings([service()], "0.1.0") == []


def test_a_remedy_stands_beneath_what_it_mends() -> None:
    sheet = findings_sheet([Finding("home", "bad", "it is gone", "Make one.")])
    assert [[text_of(cell) for cell in row] for row in sheet.rows] == [
        ["home", "wrong", "it is gone"],
        ["", "", "→ Make one."],
    ]

from __future__ import annotations

from typing import Any

from tagent_contract import wire
from tagent_contract.faults import Latency
from tagent_contract.health import Health, HealthReason, InstanceState
from tagent_contract.plan import PlanRevision
from tagent_contract.reports import Batch
from tagent_platform.core.records import TokenRole
from tests.fakes.api import Api
from tests.fakes.house import FakeSidecar

DEGRADED = InstanceState(health=Health.DEGRADED, reason=HealthReason.LATENCY)


class Reporting:
    """A registered sidecar whose next reports are offered to be answered at once."""

    def __init__(self, api: Api, sidecar: FakeSidecar) -> None:
        self.api, self.sidecar = api, sidecar

    @classmethod
    async def begin(cls, api: Api) -> Reporting:
        sidecar = api.house.sidecar()
        assert (await api.report(sidecar)).status_code == 200
        return cls(api, sidecar)

    def offer(self, *, token: str | None = None, **said: Any) -> bytes | None:
        body = wire.encode(Batch(reports=(self.sidecar.next_report(**said),)))
        return self.offer_body(body, token or self.api.tokens[self.sidecar.service])

    def offer_body(self, body: bytes, token: str) -> bytes | None:
        answer = self.api.eager[b"/telemetry"]
        return answer([(b"host", b"x"), (b"authorization", b"Bearer " + token.encode())], body)

    async def seq_heard(self) -> int:
        contact = self.api.house.platform.contacts.get(self.sidecar.key)
        assert contact is not None
        return contact.seq


async def test_a_report_that_says_nothing_new_is_taken_in_and_answered_at_once(api: Api) -> None:
    reporting = await Reporting.begin(api)
    usual = await api.report(reporting.sidecar)
    answered = reporting.offer()
    assert answered is not None
    head, _, body = answered.partition(b"\r\n\r\n")
    assert wire.decode(body, PlanRevision) == wire.decode(usual.content, PlanRevision)
    lines = dict(line.split(b": ") for line in head.split(b"\r\n"))
    assert {k.decode(): v.decode() for k, v in lines.items()} == dict(usual.headers)
    assert await reporting.seq_heard() == reporting.sidecar.seq


async def test_a_report_that_changes_something_is_left(api: Api) -> None:
    reporting = await Reporting.begin(api)
    before = reporting.sidecar.seq
    assert reporting.offer(state=DEGRADED) is None
    assert reporting.offer(boot_id="boot-other") is None
    assert await reporting.seq_heard() == before


async def test_a_repeated_report_is_left(api: Api) -> None:
    reporting = await Reporting.begin(api)
    assert reporting.offer(seq=1) is None


async def test_a_report_is_left_while_a_fault_is_on(api: Api) -> None:
    reporting = await Reporting.begin(api)
    await api.house.inject(Latency(latency_ms=10))
    assert reporting.offer() is None


async def test_nobody_else_is_answered(api: Api) -> None:
    reporting = await Reporting.begin(api)
    foreign = await api.mint(TokenRole.SIDECAR, "other")
    before = reporting.sidecar.seq
    for token in (foreign, api.tokens["admin"], "unknown", ""):
        assert reporting.offer(token=token or " ") is None
    assert await reporting.seq_heard() == before


async def test_several_reports_are_left(api: Api) -> None:
    reporting = await Reporting.begin(api)
    two = Batch(reports=(reporting.sidecar.next_report(), reporting.sidecar.next_report()))
    assert reporting.offer_body(wire.encode(two), api.tokens["chat"]) is None

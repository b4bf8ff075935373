"""What people set, and what is let go: policy, maintenance, tokens, retired services, old records."""

from __future__ import annotations

import asyncio
import hashlib
from dataclasses import replace

import msgspec
import pytest

from tagent_contract.faults import EndReason, Latency, Match
from tagent_contract.incidents import Cause, IncidentState, Severity
from tagent_contract.policy import HealingPolicy, HealthPolicy, Mode, RestartPolicy, ServicePolicy
from tagent_contract.problems import ConflictReason
from tagent_contract.services import MaintenanceRequest, TokenRequest
from tagent_platform.core.records import (
    FaultRecord,
    IncidentRecord,
    InstanceRecord,
    ReceiptRecord,
    ServiceRecord,
    TokenRecord,
)
from tagent_platform.ports.store import Change
from tagent_platform.usecases.end_maintenance import end_maintenance
from tagent_platform.usecases.errors import InvalidError, NotFoundError, RefusedError
from tagent_platform.usecases.forget_service import forget_service
from tagent_platform.usecases.list_tokens import list_tokens
from tagent_platform.usecases.mint_token import mint_token
from tagent_platform.usecases.prune_records import prune_records
from tagent_platform.usecases.revoke_token import revoke_token
from tagent_platform.usecases.set_maintenance import set_maintenance
from tagent_platform.usecases.set_policy import set_policy
from tagent_platform.usecases.show_policy import show_policy
from tagent_platform.usecases.show_service import show_service
from tests.fakes.house import ADMIN, OPERATOR, House


@pytest.fixture
def house() -> House:
    return House()


async def test_a_policy_is_replaced_whole_and_the_event_says_what_changed(house: House) -> None:
    await house.registered()
    policy = ServicePolicy(healing=HealingPolicy(mode=Mode.CHECK))

    await set_policy(
        house.platform, service="chat", policy=policy, actor=OPERATOR, reason="release"
    )

    assert await show_policy(house.platform, service="chat") == policy
    assert (await show_service(house.platform, service="chat")).mode is Mode.CHECK
    (event,) = await house.events("policy.changed")
    assert event.text == "policy changed: healing.mode heal → check"
    assert (event.actor, event.data["why"]) == ("olga", "release")


async def test_the_same_policy_again_is_no_change(house: House) -> None:
    await house.registered()
    await set_policy(house.platform, service="chat", policy=ServicePolicy(), actor=OPERATOR)
    assert await house.events("policy.changed") == []


@pytest.mark.parametrize(
    ("policy", "path"),
    [
        (
            ServicePolicy(health=HealthPolicy(error_ratio_degraded=0.9)),
            "$.health.error_ratio_unhealthy",
        ),
        (ServicePolicy(restart=RestartPolicy(backoff_first_s=400)), "$.restart.backoff_max_s"),
    ],
)
async def test_numbers_that_contradict_each_other_are_invalid(
    house: House, policy: ServicePolicy, path: str
) -> None:
    await house.registered()
    with pytest.raises(InvalidError) as raised:
        await set_policy(house.platform, service="chat", policy=policy, actor=OPERATOR)
    assert raised.value.path == path


async def test_maintenance_lasts_until_its_end_or_until_it_is_ended(house: House) -> None:
    await house.registered()
    request = MaintenanceRequest(reason="new disk", duration_s=60)
    await set_maintenance(house.platform, service="chat", request=request, actor=OPERATOR)
    view = await show_service(house.platform, service="chat")
    assert view.maintenance is not None
    assert (view.maintenance.reason, view.maintenance.by) == ("new disk", "olga")

    await end_maintenance(house.platform, service="chat", actor=OPERATOR)
    assert (await show_service(house.platform, service="chat")).maintenance is None
    await end_maintenance(house.platform, service="chat", actor=OPERATOR)
    assert len(await house.events("maintenance.ended")) == 1

    await set_maintenance(house.platform, service="chat", request=request, actor=OPERATOR)
    await house.clock.advance(60)
    assert (await show_service(house.platform, service="chat")).maintenance is None


async def test_a_token_is_kept_as_its_digest_alone(house: House) -> None:
    request = TokenRequest(name="olga", role="operator")
    minted = await mint_token(house.platform, request=request, actor=ADMIN)

    assert minted.token is not None
    (held,) = house.store.all(TokenRecord).values()
    assert held.record.digest == hashlib.sha256(minted.token.encode()).hexdigest()
    assert minted.token not in str(msgspec.to_builtins(held.record))
    assert house.platform.fleet.token(held.record.digest) == held.record
    (listed,) = (await list_tokens(house.platform)).items
    assert (listed.id, listed.token) == (minted.id, None)


async def test_a_given_secret_is_one_token_however_often_it_is_given(house: House) -> None:
    request = TokenRequest(name="ci", role="viewer")
    first = await mint_token(house.platform, request=request, actor=ADMIN, secret="s3cret")
    again = await mint_token(house.platform, request=request, actor=ADMIN, secret="s3cret")
    assert first.id == again.id
    assert len(house.store.all(TokenRecord)) == 1


@pytest.mark.parametrize(("role", "service"), [("sidecar", None), ("admin", "chat")])
async def test_sidecars_tokens_alone_are_for_one_service(
    house: House, role: str, service: str | None
) -> None:
    request = TokenRequest(name="x", role=role, service=service)
    with pytest.raises(InvalidError) as raised:
        await mint_token(house.platform, request=request, actor=ADMIN)
    assert raised.value.path == "$.service"


async def test_a_revoked_token_is_gone_and_the_last_admin_stays(house: House) -> None:
    admins = [
        await mint_token(house.platform, request=TokenRequest(name=name, role="admin"), actor=ADMIN)
        for name in ("a", "b")
    ]
    outcomes = await asyncio.gather(
        *(revoke_token(house.platform, token_id=t.id, actor=ADMIN) for t in admins),
        return_exceptions=True,
    )

    (refusal,) = [outcome for outcome in outcomes if outcome is not None]
    assert isinstance(refusal, RefusedError)
    assert refusal.reason is ConflictReason.LAST_ADMIN
    assert len(house.store.all(TokenRecord)) == 1
    with pytest.raises(NotFoundError):
        await revoke_token(house.platform, token_id="nothing", actor=ADMIN)


async def test_an_admin_s_token_that_ends_by_itself_does_not_stand_in_for_one_that_lasts(
    house: House,
) -> None:
    def wanted(ttl_s: float | None) -> TokenRequest:
        return TokenRequest(name="a", role="admin", ttl_s=ttl_s)

    lasting = await mint_token(house.platform, request=wanted(None), actor=ADMIN)
    ending = await mint_token(house.platform, request=wanted(60.0), actor=ADMIN)

    with pytest.raises(RefusedError):
        await revoke_token(house.platform, token_id=lasting.id, actor=ADMIN)
    await revoke_token(house.platform, token_id=ending.id, actor=ADMIN)

    assert ending.expires_at is not None
    assert lasting.expires_at is None


async def test_a_token_that_has_expired_is_let_go_of(house: House) -> None:
    for ttl_s in (None, 60.0, 120.0):
        request = TokenRequest(name="a", role="viewer", ttl_s=ttl_s)
        await mint_token(house.platform, request=request, actor=ADMIN)
    await house.clock.advance(60.0)

    assert await prune_records(house.platform) == 1

    left = [one.record.expires_at for one in house.store.all(TokenRecord).values()]
    assert sorted(left, key=str) == [house.clock.now() + 60.0, None]


async def test_a_service_in_contact_is_not_forgotten(house: House) -> None:
    await house.registered()
    with pytest.raises(RefusedError) as raised:
        await forget_service(house.platform, service="chat", actor=ADMIN)
    assert raised.value.reason is ConflictReason.SERVICE_LIVE


async def test_a_retired_service_is_forgotten_with_all_that_was_kept_of_it(house: House) -> None:
    await house.registered("demo-1", "demo")
    sidecar = await house.registered()
    await sidecar.acknowledge(await house.inject())
    for _ in range(13):
        await house.pass_time(1)
    other = house.sidecar("demo-1", "demo")
    await other.report()

    await forget_service(house.platform, service="chat", actor=ADMIN)

    assert list(house.store.all(ServiceRecord)) == ["demo"]
    assert list(house.store.all(InstanceRecord)) == ["demo/demo-1"]
    assert not house.store.all(FaultRecord)
    await sidecar.report()
    assert house.instance().boot_id == sidecar.boot_id


async def test_old_records_are_let_go_and_needed_ones_kept(house: House) -> None:
    house.limits = replace(house.limits, ended_faults_kept=2, resolved_incidents_kept=1)
    house.start()
    sidecar = await house.registered()
    faults = []
    for number in range(5):
        fault = await house.inject(Latency(match=Match(path=f"/{number}")))
        faults.append(fault.id)
        await sidecar.acknowledge(
            fault, active=False, ended_age_s=0.0, end_reason=EndReason.MAX_COUNT
        )
        await house.clock.advance(1)
    live = await house.inject(Latency())
    changes = [
        Change(
            IncidentRecord,
            name,
            IncidentRecord(
                id=name,
                service="chat",
                state=state,
                severity=Severity.ERROR,
                cause=Cause.INJECTED,
                summary="",
                opened_at=at,
                detected_at=at,
                resolved_at=at,
                faults=(faults[0],),
            ),
            0,
        )
        for name, state, at in (
            ("open", IncidentState.OPEN, 1.0),
            ("old", IncidentState.RESOLVED, 2.0),
            ("new", IncidentState.RESOLVED, 3.0),
        )
    ]
    receipt = ReceiptRecord(request_digest="", status=201, body="", at=house.clock.now())
    await house.store.commit([*changes, Change(ReceiptRecord, "r", receipt, 0)])
    assert await prune_records(house.platform) == 3

    await house.clock.advance(86_401)
    assert await prune_records(house.platform) == 1

    assert set(house.store.all(FaultRecord)) == {faults[0], faults[3], faults[4], live.id}
    assert set(house.store.all(IncidentRecord)) == {"open", "new"}
    assert not house.store.all(ReceiptRecord)

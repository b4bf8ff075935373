from __future__ import annotations

import pytest

from tagent_contract.faults import EndReason
from tagent_platform.core.fault_steps import STATE_AFTER, ended, step, step_one
from tests.unit.platform.core.test_faults import KEY, NOW, fault


@pytest.mark.parametrize("reason", list(EndReason))
def test_every_reason_makes_a_final_state(reason: EndReason) -> None:
    assert STATE_AFTER[reason].is_final
    record = fault()
    target, (happening,) = ended(record, record.targets[KEY], reason, NOW)
    assert target.state is STATE_AFTER[reason]
    assert happening.data["reason"] == reason.value


def test_a_step_that_changes_nothing_gives_the_same_record_back() -> None:
    record = fault()
    assert step(record, lambda target: (target, [])).record is record
    assert step_one(record, KEY, record.targets[KEY], []).record is record

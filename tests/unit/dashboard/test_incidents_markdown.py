from __future__ import annotations

from tagent_contract.faults import EndReason, FaultState, Latency
from tagent_contract.incidents import AttemptView, IncidentState, Outcome, Remedy
from tagent_dashboard.views.incident_markdown import incident_markdown, safe
from tagent_dashboard.views.incidents import Decision
from tagent_dashboard.views.reasons import REFUSALS
from tests.fakes.shown import ago, entry, fault, incident

ATTEMPT = AttemptView(
    id="i1-1", number=1, remedy=Remedy.RESTART_INSTANCE, instance="chat-1", decided_at=ago(50), by="healing",
    outcome=Outcome.VERIFIED, ended_at=ago(38), detail="it held",
)  # fmt: skip


def test_it_is_a_whole_document() -> None:
    one = incident(
        summary="p95 2512 ms",
        detected_at=ago(57),
        resolved_at=ago(45),
        acknowledged_by="ada",
        reopened=1,
        attempts=(ATTEMPT,),
        timeline=(entry("detected", 3, "too slow"), entry("held_back", 4, "waits")),
    )
    broken = fault(
        fault=Latency(reason="game day"),
        state=FaultState.EXPIRED,
        ended_at=ago(10),
        end_reason=EndReason.TTL,
        injected=12,
        passed=3,
    )
    decision = Decision(ago(56), "held_back", "waits", next(iter(REFUSALS.values())), "22:13:00")
    text = incident_markdown(one, [broken], [decision])
    assert text.startswith("# chat-service: p95 2512 ms\n")
    for line in (
        "| Detected | 2023-11-14 22:12:23 UTC (MTTD 380 ms) |",
        "| Resolved | 2023-11-14 22:12:35 UTC (MTTR 13 s) |",
        "| Taken by | ada |",
        "- latency on chat-service, injected by anna, because: game day. From 2023-11-14 22:13:15 UTC, "
        "ended 22:13:10. 12 injected, 3 passed. Its time was over.",
        "| 22:12:23 | +0.00 s | detected | too slow |",
        "| 1 | restart instance | chat-1 | healing | verified | 12 s | it held |",
        "- 22:12:24 held back: waits. Healing is off for this service. Until 22:13:00.",
        "## Follow-ups",
    ):
        assert line in text.splitlines(), line


def test_it_says_what_there_was_none_of() -> None:
    text = incident_markdown(incident(state=IncidentState.OPEN, mttd_s=None, mttr_s=None), (), ())
    assert "No known fault is behind it." in text
    assert "Nothing was attempted." in text
    assert "Healing had nothing to decide." in text
    assert "(MTTD \N{EN DASH})" in text
    assert "| Resolved | \N{EN DASH} (MTTR \N{EN DASH}) |" in text


def test_an_attempt_under_way_does_not_say_how_long_for() -> None:
    pending = AttemptView(
        id="i1-1", number=1, remedy=Remedy.ROLL_BACK, instance=None, decided_at=ago(50), by="ada"
    )
    text = incident_markdown(incident(attempts=(pending,)), (), ())
    assert "| 1 | roll back | the whole service | ada | pending | \N{EN DASH} |  |" in text


def test_foreign_text_stays_in_its_cell() -> None:
    hostile = "a | b <script> [x](http://y) **z** `c`\n# head"
    assert safe(hostile) == (r"a \| b \<script\> \[x\](http://y) \*\*z\*\* \`c\` \# head")
    one = incident(summary=hostile, timeline=(entry("note", 1, hostile),))
    row = next(line for line in incident_markdown(one, (), ()).splitlines() if "note" in line)
    assert row.replace(r"\|", "").count("|") == 5

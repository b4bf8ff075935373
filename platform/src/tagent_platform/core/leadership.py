"""Who of several processes runs the control loop."""

from __future__ import annotations

from tagent_platform.core.records import LeaderRecord


def may_lead(
    leader: LeaderRecord | None, me: str, leader_silent_s: float, takeover_after_s: float
) -> bool:
    """Return whether to take the lead: nobody has it, its holder gave it back, or was silent for too long.

    `leader_silent_s` is by this process's own clock, and does not count time in which nobody could be heard.
    """
    if leader is None or not leader.holder:
        return True
    return leader.holder != me and leader_silent_s >= takeover_after_s


def next_term(leader: LeaderRecord | None, me: str, now: float) -> LeaderRecord:
    """Return the record that makes `me` the leader."""
    term = 1 if leader is None else leader.term + 1
    return LeaderRecord(term=term, holder=me, since=now)

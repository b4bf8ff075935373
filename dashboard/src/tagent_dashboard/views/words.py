"""One shape, word and colour for each state, everywhere."""

from __future__ import annotations

import re
import unicodedata
from dataclasses import dataclass, replace

from tagent_contract.experiments import RunState, Verdict
from tagent_contract.faults import FaultState
from tagent_contract.health import Health
from tagent_contract.incidents import Cause, IncidentState, Severity


@dataclass(frozen=True, slots=True)
class Look:
    """How a state is shown: never by colour alone. `icon` is a Material symbol, `colour` one of Streamlit's names for badges."""

    icon: str
    colour: str
    shape: str
    """The same where only text can be: in tables and copied text."""


HEALTH_LOOKS = {
    Health.HEALTHY: Look("check_circle", "green", "●"),
    Health.DEGRADED: Look("warning", "orange", "▲"),
    Health.UNHEALTHY: Look("error", "red", "■"),
    Health.RECOVERING: Look("autorenew", "blue", "◐"),
    Health.OFFLINE: Look("cloud_off", "gray", "○"),
    Health.UNKNOWN: Look("help", "gray", "?"),
}
WORST_FIRST = (
    Health.UNHEALTHY,
    Health.OFFLINE,
    Health.DEGRADED,
    Health.RECOVERING,
    Health.UNKNOWN,
    Health.HEALTHY,
)
BAD = frozenset({Health.UNHEALTHY, Health.OFFLINE, Health.DEGRADED, Health.RECOVERING})
"""What the page's title counts."""

INCIDENT_LOOKS = {
    IncidentState.OPEN: Look("radio_button_unchecked", "orange", "○"),
    IncidentState.REMEDIATING: Look("build", "blue", "◐"),
    IncidentState.VERIFYING: Look("fact_check", "blue", "◑"),
    IncidentState.RESOLVED: Look("check_circle", "green", "●"),
    IncidentState.ESCALATED: Look("notification_important", "red", "■"),
}
SEVERITY_LOOKS = {
    Severity.CRITICAL: Look("e911_emergency", "red", "■"),
    Severity.ERROR: Look("error", "red", "■"),
    Severity.WARNING: Look("warning", "orange", "▲"),
    Severity.INFO: Look("info", "gray", "●"),
}
CAUSE_LOOKS = {
    Cause.INJECTED: Look("bolt", "violet", "⚡"),
    Cause.ORGANIC: Look("eco", "gray", "●"),
    Cause.MANUAL: Look("person", "gray", "●"),
}
FAULT_LOOKS = {
    FaultState.PENDING: Look("hourglass_top", "orange", "◌"),
    FaultState.ACTIVE: Look("bolt", "violet", "⚡"),
    FaultState.ENDING: Look("hourglass_bottom", "orange", "◌"),
    FaultState.EXPIRED: Look("timer_off", "gray", "●"),
    FaultState.CLEARED: Look("done", "gray", "●"),
    FaultState.HALTED: Look("front_hand", "gray", "●"),
    FaultState.LOST: Look("link_off", "red", "■"),
    FaultState.FAILED: Look("error", "red", "■"),
}
VERDICT_LOOKS = {
    Verdict.PASSED: Look("check_circle", "green", "●"),
    Verdict.DEVIATED: Look("cancel", "red", "■"),
    Verdict.BASELINE_NOT_MET: Look("rule", "orange", "▲"),
    Verdict.INCONCLUSIVE: Look("help", "orange", "?"),
    Verdict.ABORTED: Look("stop_circle", "gray", "○"),
    Verdict.ERROR: Look("bug_report", "red", "✕"),
}
RUN_LOOKS = {
    RunState.WAITING: Look("hourglass_top", "orange", "◌"),
    RunState.RUNNING: Look("science", "blue", "◐"),
    RunState.ENDED: Look("flag", "gray", "●"),
}
NEVER_RUN_LOOK = Look("remove", "gray", "\N{EN DASH}")


def spoken(word: str) -> str:
    """Return a word of the wire, `held_back`, as people write it."""
    return word.replace("_", " ")


def look_of(health: Health, *, is_live: bool) -> Look:
    """Return how a state is shown; what may not be true any more is grey, above all never green."""
    look = HEALTH_LOOKS[health]
    return look if is_live else replace(look, colour="gray")


def plain(text: str) -> str:
    """Return text that Streamlit's Markdown shows as it is: names and log lines say nothing to the page.

    Every character that could begin Markdown, HTML, a directive such as `:red[`, an emoji code or a formula is escaped; line ends become spaces.
    What Streamlit makes into links, icons and arrows whether it is escaped or not is taken apart by a character that nobody sees; those that
    nobody should miss, such as one that turns the writing round, are written out.
    """
    apart = _MADE_INTO_MORE.sub(WORD_JOINER, visible(text))
    escaped = "".join(f"\\{c}" if c in _SPECIAL else c for c in apart)
    return escaped.replace("<", "&lt;").replace(">", "&gt;")


def visible(text: str) -> str:
    """Return text in one line for where markup has no meaning, with what nobody should miss, such as what turns the writing round, written out."""
    return "".join(map(_visible, " ".join(text.split())))


def _visible(char: str) -> str:
    is_hidden = unicodedata.category(char) in _HIDDEN and char != _EMOJI_JOINER
    return f"\\u{ord(char):04x}" if is_hidden else char


WORD_JOINER = "\u2060"
_EMOJI_JOINER = "\u200d"
_SPECIAL = frozenset("\\`*_{}[]()#+-.!|~:$&^=@\"'")
_HIDDEN = frozenset({"Cc", "Cf", "Cs", "Co", "Zl", "Zp"})
_MADE_INTO_MORE = re.compile(
    r"(?i)(?<=:)(?=material/|streamlit:|//)|(?<=www)(?=\.)|(?=@)|(?<=[-<>~=])(?=[-<>=])"
)

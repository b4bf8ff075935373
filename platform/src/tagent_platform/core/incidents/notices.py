"""What somebody outside is told of an incident: one JSON message, whose `text` chat programs such as Slack show as it is."""

from __future__ import annotations

from tagent_contract import wire
from tagent_contract.events import EventType
from tagent_contract.times import format_time
from tagent_platform.core.happenings import Happening
from tagent_platform.core.incidents.views import incident_view
from tagent_platform.core.records import IncidentRecord

TOLD = frozenset({EventType.INCIDENT_ESCALATED, EventType.INCIDENT_RESOLVED})
TEXT_MAX = 2000
_ESCAPED = str.maketrans({"&": "&amp;", "<": "&lt;", ">": "&gt;"})
"""Names, details and reasons come from outside; chat programs would read links and calls to everybody in them."""


def notice_of(incident: IncidentRecord, happening: Happening, delivery_id: str) -> str:
    """Return the message about what happened to the incident."""
    message = {
        "id": delivery_id,
        "type": happening.type.value,
        "at": format_time(happening.at),
        "text": _text(incident, happening),
        "incident": incident_view(incident),
    }
    return wire.encode(message).decode()


def _text(incident: IncidentRecord, happening: Happening) -> str:
    what = "needs a person" if happening.type is EventType.INCIDENT_ESCALATED else "is resolved"
    who = incident.service or "the fleet"
    text = f"{who} {what}: {happening.text} [{incident.severity}, incident {incident.id}]"
    return text.translate(_ESCAPED)[:TEXT_MAX]

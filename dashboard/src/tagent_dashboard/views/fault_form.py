"""The form of each fault type, from the platform's own document of its API: there is no second list of types."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from tagent_contract.faults import PROCESS_FAULTS
from tagent_dashboard.views.schema_form import FormField, Schema, fields_of, resolved, title_of

USUAL = ("ttl_s", "probability", "scope")
"""Of what all types have, what people set often; the rest is under More."""
NOT_IN_FORM = frozenset({"type", "target", "healing", "reason", "run_id"})
"""The dialog asks for these in its own way; a run is an experiment's to name."""
ABOUT_REQUESTS = frozenset({"probability", "match", "max_count", "seed"})
"""Says nothing of a fault that acts on the process."""

HEALING_WORDS = {
    "act": ("Watch it heal", "Healing does what it would do of any failure."),
    "observe": (
        "Let me recover",
        "An incident opens and says what healing would do; the act is yours.",
    ),
    "suppress": ("No incident", "Nothing is opened, healed or escalated because of it."),
}


@dataclass(frozen=True, slots=True)
class FaultForm:
    """What one fault type asks for: its `own` fields first, then what is `usual`, then what is `rare`."""

    type: str
    about: str
    own: tuple[FormField, ...]
    usual: tuple[FormField, ...]
    rare: tuple[FormField, ...]
    reason_length_max: int = 500

    @property
    def title(self) -> str:
        """Return the type's name as a title, `Rate limit`."""
        return title_of(self.type)

    @property
    def words(self) -> str:
        """Return the type's name within a sentence, `rate limit`."""
        return self.type.replace("_", " ")


def fault_forms(document: Mapping[str, Any]) -> dict[str, FaultForm]:
    """Return every fault type's form, in the platform's order. Empty when the document holds no faults."""
    fault = document.get("components", {}).get("schemas", {}).get("Fault", {})
    types = fault.get("discriminator", {}).get("mapping", {})
    schemas = {name: resolved({"$ref": reference}, document) for name, reference in types.items()}
    known = [set(schema.get("properties", ())) for schema in schemas.values()]
    shared = set.intersection(*known) if known else set()
    return {name: _form(name, schema, document, shared) for name, schema in schemas.items()}


def _form(name: str, schema: Schema, document: Schema, shared: set[str]) -> FaultForm:
    without = NOT_IN_FORM | (ABOUT_REQUESTS if name in PROCESS_FAULTS else frozenset())
    fields = [field for field in fields_of(schema, document) if field.path[0] not in without]
    own = tuple(field for field in fields if field.path[0] not in shared)
    common = {field.name: field for field in fields if field.path[0] in shared}
    usual = tuple(common.pop(usual) for usual in USUAL if usual in common)
    reason = schema.get("properties", {}).get("reason", {})
    return FaultForm(
        type=name,
        about=schema.get("description", ""),
        own=own,
        usual=usual,
        rare=tuple(common.values()),
        reason_length_max=reason.get("maxLength", 500),
    )

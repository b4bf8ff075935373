"""What an experiment's file says to Tagent, in its `extensions`. Pure."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Annotated, Any

import msgspec
from msgspec import Meta

from chaostagent.judgement.healer import Expectation
from tagent_contract.experiments import ExperimentName, Verdict

EXTENSION = "tagent"
EVERY_SERVICE = "*"
Target = Annotated[str, Meta(pattern=r"^(\*|[A-Za-z0-9]([A-Za-z0-9._-]{0,61}[A-Za-z0-9])?)$(?!\n)")]
"""A service's name, or all of them."""


class DeclarationError(Exception):
    """The extension in the file cannot be; the text names the field."""


class Declaration(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """The block of `extensions` with the name `tagent`."""

    name: str
    experiment: ExperimentName
    """The name of its file."""
    targets: Annotated[tuple[Target, ...], Meta(min_length=1, max_length=100)]
    """The services that it reserves, or `*` for all; `${...}` of the configuration may stand for one."""
    expects: Expectation = Expectation.CURE
    weight: Annotated[float, Meta(ge=0, le=100)] = 1.0
    """How much it counts in the score."""
    may_break_during: bool = False
    """Looked at continuously, the steady state may be broken while the method goes on; else that is a broken promise."""
    verdict: Verdict = Verdict.PASSED
    """How it is to end; anything else than `passed` shows that a red one is possible."""

    def services(self, known: Sequence[str]) -> tuple[str, ...]:
        """Return the targets, of all services that are known."""
        return tuple(sorted(known)) if EVERY_SERVICE in self.targets else self.targets


def declaration_of(experiment: Mapping[str, Any]) -> Declaration | None:
    """Return what the experiment declares, None without the extension. Raises DeclarationError."""
    for block in experiment.get("extensions") or ():
        if isinstance(block, Mapping) and block.get("name") == EXTENSION:
            try:
                return msgspec.convert(dict(block), Declaration)
            except msgspec.ValidationError as error:
                raise DeclarationError(f"extensions, {EXTENSION}: {error}") from None
    return None

"""What a use case answers when it does not do what was asked. The API turns these into problem details."""

from __future__ import annotations

import difflib
from collections.abc import Iterable

from tagent_contract.problems import ConflictReason

NEAR_NAMES_MAX = 3


class UseCaseError(Exception):
    """The request was understood and not carried out."""


class NotFoundError(UseCaseError):
    """There is no such thing. `near` holds known names like the one asked for, the nearest first."""

    def __init__(self, kind: str, name: str, known: Iterable[str] = ()) -> None:
        self.kind = kind
        self.name = name
        self.near = tuple(difflib.get_close_matches(name, list(known), NEAR_NAMES_MAX, 0.5))
        hint = f"; did you mean {' or '.join(self.near)}?" if self.near else ""
        super().__init__(f"there is no {kind} {name!r}{hint}")


class RefusedError(UseCaseError):
    """Well-formed, but not now. `until` is seconds since the epoch, where a time is known."""

    def __init__(self, reason: ConflictReason, text: str, until: float | None = None) -> None:
        super().__init__(text)
        self.reason = reason
        self.text = text
        self.until = until


class InvalidError(UseCaseError):
    """A value that the contract's types cannot rule out. `path` is a JSON path such as `$.target.instances[0]`."""

    def __init__(self, path: str, problem: str) -> None:
        super().__init__(f"{path}: {problem}")
        self.path = path
        self.problem = problem


class ForbiddenError(UseCaseError):
    """Whoever asks may not do this: a sidecar that speaks for another service, a role that is too small."""

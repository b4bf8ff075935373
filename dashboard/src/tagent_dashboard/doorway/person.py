"""Somebody who looks at the dashboard, and what they may do."""

from __future__ import annotations

from dataclasses import dataclass

from tagent_client.client import Client

RANK = {"viewer": 1, "operator": 2, "admin": 3}
"""A sidecar's token is nobody's: it is not among them."""


@dataclass(frozen=True)
class Person:
    """Somebody who is signed in: their name and role as the platform says, and a client with their token."""

    name: str
    role: str
    client: Client

    @property
    def may_operate(self) -> bool:
        """Inject, clear, recover, halt, acknowledge."""
        return RANK.get(self.role, 0) >= RANK["operator"]

    @property
    def may_administrate(self) -> bool:
        """Change policies, forget services, mint tokens."""
        return RANK.get(self.role, 0) >= RANK["admin"]

"""The platform's side of tokens, in memory: who is known by which, what was minted and what was revoked."""

from __future__ import annotations

import threading
from dataclasses import dataclass, field
from pathlib import Path
from typing import cast

from tagent_client.client import Client
from tagent_client.errors import ApiError, UnreachableError
from tagent_client.settings import ClientSettings
from tagent_contract.problems import PROBLEM_TYPE_PREFIX, Problem
from tagent_contract.services import Role, TokenView

ADDRESS = ClientSettings(url="http://127.0.0.1:1", token="own", home=Path("/nowhere"))


@dataclass
class FakeAccess:
    """Tokens by their secret. `answering` is cleared to let every question hang."""

    known: dict[str, Role] = field(
        default_factory=lambda: {"own": Role(name="local-admin", role="admin")}
    )
    minted: list[tuple[str, str, float | None]] = field(default_factory=list)
    revoked: list[str] = field(default_factory=list)
    is_down: bool = False
    asked: int = 0
    answering: threading.Event = field(default_factory=threading.Event)

    def __post_init__(self) -> None:
        self.answering.set()

    def let_in(self, token: str, name: str, role: str = "operator") -> None:
        self.known[token] = Role(name=name, role=role)

    def connect(self, settings: ClientSettings) -> Client:
        return cast("Client", _FakeClient(self, settings.token or ""))

    def role_of(self, token: str) -> Role:
        self.asked += 1
        self.answering.wait(20)
        if self.is_down:
            raise UnreachableError("no platform answers at http://127.0.0.1:1")
        if token not in self.known:
            raise refusal(401, "this bearer token is not known")
        return self.known[token]


@dataclass
class _FakeClient:
    access: FakeAccess
    token: str

    def close(self) -> None:
        pass

    def whoami(self) -> Role:
        return self.access.role_of(self.token)

    def mint_token(
        self, name: str, role: str, service: str | None = None, *, ttl_s: float | None = None
    ) -> TokenView:
        if self.access.role_of(self.token).role != "admin":
            raise refusal(403, "this needs the role admin")
        number = len(self.access.minted)
        self.access.minted.append((name, role, ttl_s))
        self.access.let_in(f"secret-{number}", name, role)
        return TokenView(
            id=f"t{number}", name=name, role=role, created_at="", token=f"secret-{number}"
        )

    def revoke_token(self, token_id: str) -> None:
        self.access.role_of(self.token)
        del self.access.known[f"secret-{token_id.removeprefix('t')}"]
        self.access.revoked.append(token_id)


def refusal(status: int, detail: str) -> ApiError:
    return ApiError(
        Problem(type=f"{PROBLEM_TYPE_PREFIX}x", title="no", status=status, detail=detail)
    )

"""Who an organisation's account is here, from what its provider says of it. Pure: claims in, an identity or a refusal out."""

from __future__ import annotations

import hashlib
import json
import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from urllib.parse import urlsplit

from tagent_dashboard.doorway.person import RANK

ANYONE = "*"
NAME_LENGTH_MAX = 100
_NOT_IN_NAMES = re.compile(r"[^A-Za-z0-9._@-]+")
_OF_ONE_SIGN_IN = ("iss", "sub", "aud", "iat", "nonce", "sid", "jti")


@dataclass(frozen=True, slots=True)
class Identity:
    """Somebody whom their provider vouches for."""

    name: str
    """As the audit log will have it: an address, or what the provider calls them, `@` its host."""
    role: str
    signed_in_at: float
    """In seconds since the epoch."""
    session: str
    """The same for as long as this one sign-in lasts, and no other's."""


class NotAdmittedError(Exception):
    """The account may not come in; the text says why and what to do."""


def identity_of(claims: Mapping[str, object], roles: Mapping[str, str], claim: str) -> Identity:
    """Return who that is. Raises NotAdmittedError."""
    signed_in_at = claims.get("iat")
    if not isinstance(signed_in_at, int | float) or not claims.get("sub"):
        raise NotAdmittedError(
            "Your provider's answer names no person or no time, so it cannot be relied upon."
        )
    name = name_of(claims)
    values = _texts(claims.get(claim))
    fitting = [role for value, role in roles.items() if value == ANYONE or value in values]
    if not fitting:
        raise NotAdmittedError(
            f"You are {name}, but none of your {claim} has a role here. "
            f"Ask whoever runs this dashboard to give one of them a role (TAGENT_OIDC_ROLES), then sign in again."
        )
    return Identity(
        name=name,
        role=max(fitting, key=lambda role: RANK[role]),
        signed_in_at=float(signed_in_at),
        session=_session_of(claims),
    )


def name_of(claims: Mapping[str, object]) -> str:
    """Return the name for the audit log, made of what names there may hold.

    An address counts only if the provider has not said that it is unverified: anybody may claim any. Every name has an `@`, so that nobody
    can be called `healing`, or like a token that was made by hand.
    """
    email = claims.get("email") if claims.get("email_verified") is not False else None
    given = str(email or claims.get("preferred_username") or claims.get("sub"))
    if "@" not in given:
        given = f"{given}@{urlsplit(str(claims.get('iss'))).hostname or 'provider'}"
    return _NOT_IN_NAMES.sub("-", given)[-NAME_LENGTH_MAX:]


def _texts(value: object) -> frozenset[str]:
    if isinstance(value, str):
        return frozenset({value})
    if isinstance(value, Iterable):
        return frozenset(item for item in value if isinstance(item, str))
    return frozenset()


def _session_of(claims: Mapping[str, object]) -> str:
    said = [str(claims.get(name)) for name in _OF_ONE_SIGN_IN]
    return hashlib.sha256(json.dumps(said).encode()).hexdigest()

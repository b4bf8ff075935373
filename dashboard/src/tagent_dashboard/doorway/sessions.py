"""Who is signed in. Tokens stay here: a browser holds a random name for its session and nothing else."""

from __future__ import annotations

import secrets
import threading
from collections import OrderedDict
from dataclasses import dataclass, replace

from tagent_client.client import Client
from tagent_client.errors import TagentError
from tagent_client.settings import ClientSettings
from tagent_contract.services import Role

SESSIONS_MAX = 1000
"""Beyond it the one not used longest is signed out."""
_RANK = {"viewer": 1, "operator": 2, "admin": 3}


@dataclass(frozen=True)
class Person:
    """Somebody who is signed in: their name and role as the platform says, and a client with their token."""

    name: str
    role: str
    client: Client

    @property
    def may_operate(self) -> bool:
        """Inject, clear, recover, halt, acknowledge."""
        return _RANK.get(self.role, 0) >= _RANK["operator"]

    @property
    def may_administrate(self) -> bool:
        """Change policies, forget services, mint tokens."""
        return _RANK.get(self.role, 0) >= _RANK["admin"]


class Sessions:
    """People by the random name of their session, in this process's memory alone; many threads may ask."""

    def __init__(self, platform: ClientSettings) -> None:
        self._platform = platform
        self._people: OrderedDict[str, Person] = OrderedDict()
        self._lock = threading.Lock()
        self._local: Person | None = None

    def local_person(self) -> Person:
        """Return who everybody on this machine is: the holder of the home's own token.

        While the platform does not answer they are somebody without a role, who may look at what was known.
        """
        with self._lock:
            if self._local is None or not self._local.role:
                self._local = self._ask_who_is_local(self._local)
            return self._local

    def _ask_who_is_local(self, known: Person | None) -> Person:
        client = Client(self._platform) if known is None else known.client
        try:
            return _person(client.whoami(), client)
        except TagentError:
            return Person("", "", client)

    def sign_in(self, token: str) -> str:
        """Return the name of a new session. Raises ApiError when the platform does not know the token, UnreachableError."""
        client = Client(replace(self._platform, token=token))
        try:
            person = _person(client.whoami(), client)
        except Exception:
            client.close()
            raise
        name = secrets.token_urlsafe(32)
        with self._lock:
            self._people[name] = person
            if len(self._people) > SESSIONS_MAX:
                self._people.popitem(last=False)
        return name

    def find(self, name: str | None) -> Person | None:
        """Return who has this session."""
        with self._lock:
            person = self._people.get(name or "")
            if person is not None:
                self._people.move_to_end(name or "")
            return person

    def sign_out(self, name: str | None) -> None:
        """End a session."""
        with self._lock:
            self._people.pop(name or "", None)

    def any_client(self) -> Client | None:
        """Return the client of whoever was here last, to watch with when the dashboard has no token of its own."""
        with self._lock:
            return next(reversed(self._people.values())).client if self._people else None


def _person(role: Role, client: Client) -> Person:
    return Person(role.name, role.role, client)

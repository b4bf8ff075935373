"""Who is signed in. Tokens stay here: a browser holds a random name for its session and nothing else."""

from __future__ import annotations

import logging
import secrets
import threading
import time
from collections import OrderedDict
from collections.abc import Callable
from dataclasses import dataclass, replace

from tagent_client.client import Client
from tagent_client.errors import ApiError, TagentError
from tagent_client.settings import ClientSettings
from tagent_dashboard.doorway.local_person import LocalPerson
from tagent_dashboard.doorway.person import RANK, Person

__all__ = ["Person", "Sessions", "WrongTokenError"]

SESSION_S = 12 * 3600.0
SESSIONS_MAX = 1000
"""Beyond it the one not used longest is signed out."""
UNAUTHORIZED = 401
_log = logging.getLogger(__name__)


class WrongTokenError(TagentError):
    """The token belongs to no person."""


@dataclass(slots=True)
class _Session:
    """One sign-in of one person."""

    person: Person
    ends_at: float
    """On this process's monotonic clock."""
    at_end: Callable[[], None] | None


class Sessions:
    """People by the random name of their session, in this process's memory alone; many threads may ask.

    A client is not closed when its session ends: another thread may be in the middle of a call, and whoever watches with it.
    """

    def __init__(
        self,
        platform: ClientSettings,
        *,
        now: Callable[[], float] = time.monotonic,
        connect: Callable[[ClientSettings], Client] = Client,
    ) -> None:
        self._platform = platform
        self._connect = connect
        self._now = now
        self._sessions: OrderedDict[str, _Session] = OrderedDict()
        self._ended: OrderedDict[str, float] = OrderedDict()
        self._connections: dict[str, str] = {}
        self._lent = ""
        self._lock = threading.Lock()
        self._local = LocalPerson(connect(platform), now=now)

    def local_person(self) -> Person:
        """Return who everybody on this machine is: the holder of the home's own token.

        While the platform does not answer they are somebody without a role, who may look at what was known. Waits half a second at most.
        """
        return self._local.get()

    def sign_in(self, token: str) -> str:
        """Return the name of a new session. Raises ApiError when the platform does not know the token, WrongTokenError, UnreachableError."""
        client = self._connect(replace(self._platform, token=token))
        try:
            role = client.whoami()
        except TagentError:
            client.close()
            raise
        if role.role not in RANK:
            client.close()
            raise WrongTokenError(
                f"this is the token of a {role.role}, not a person's; people have {', '.join(RANK)}"
            )
        name = secrets.token_urlsafe(32)
        self.begin(name, Person(role.name, role.role, client))
        return name

    def begin(
        self,
        name: str,
        person: Person,
        lasts_s: float = SESSION_S,
        at_end: Callable[[], None] | None = None,
    ) -> None:
        """Let somebody in under this name of a session; `at_end` is called once it is over, and must not wait."""
        with self._lock:
            self._sessions[name] = _Session(person, self._now() + lasts_s, at_end)
            surplus = list(self._sessions)[:-SESSIONS_MAX]
        for one in surplus:
            self.sign_out(one)

    def find(self, name: str | None) -> Person | None:
        """Return who has this session, if it has not ended."""
        if not name:
            return None
        with self._lock:
            session = self._sessions.get(name)
            if session is not None and self._now() < session.ends_at:
                self._sessions.move_to_end(name)
                return session.person
        if session is not None:
            self.sign_out(name)
        return None

    def sign_out(self, name: str | None) -> None:
        """End a session."""
        with self._lock:
            session = self._sessions.pop(name or "", None)
            if session is None or name is None:
                return
            self._ended[name] = self._now()
            if len(self._ended) > SESSIONS_MAX:
                self._ended.popitem(last=False)
        if session.at_end is not None:
            session.at_end()

    def see(self, connection: str, name: str | None) -> None:
        """Remember on whose session a page's connection rests."""
        if name:
            with self._lock:
                self._connections[connection] = name

    def see_no_more(self, connection: str) -> None:
        """Forget a connection that is closed."""
        with self._lock:
            self._connections.pop(connection, None)

    def is_over(self, connection: str, grace_s: float) -> bool:
        """Tell whether the session that a connection rests on ended longer ago than that."""
        with self._lock:
            name = self._connections.get(connection)
        if name is None or self.find(name) is not None:
            return False
        with self._lock:
            return self._now() - self._ended.get(name, float("-inf")) > grace_s

    def has_ended(self, name: str) -> bool:
        """Tell whether a session of this name was here and has ended."""
        with self._lock:
            return name in self._ended

    def any_client(self) -> Client | None:
        """Return somebody's client, the same for as long as they are signed in, to watch with when the dashboard has no token of its own."""
        with self._lock:
            if self._lent not in self._sessions:
                self._lent = next(reversed(self._sessions), "")
            lender = self._sessions.get(self._lent)
            return lender.person.client if lender is not None else None

    def refused(self, client: Client) -> None:
        """End the sessions of a client whose token the platform does not know any more."""
        with self._lock:
            names = [name for name, one in self._sessions.items() if one.person.client is client]
        for name in names:
            self.sign_out(name)

    def look_after(self) -> None:
        """End what is over and what was revoked; to be called now and then, where waiting for the platform harms nobody."""
        with self._lock:
            names = list(self._sessions)
        clients = [person.client for name in names if (person := self.find(name)) is not None]
        for client in clients:
            try:
                client.whoami()
            except ApiError as error:
                if error.status == UNAUTHORIZED:
                    self.refused(client)
            except TagentError:
                _log.info("the platform could not be asked who is still known")
                return

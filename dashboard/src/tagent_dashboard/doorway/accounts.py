"""People with an organisation's account: each gets a token of their own for as long as they are signed in, so that the platform knows who does what."""

from __future__ import annotations

import logging
import threading
import time
from collections.abc import Callable, Mapping
from dataclasses import replace

from tagent_client.client import Client
from tagent_client.errors import ApiError, TagentError
from tagent_client.settings import ClientSettings
from tagent_contract.services import TokenView
from tagent_dashboard.doorway.identity import Identity, NotAdmittedError, identity_of
from tagent_dashboard.doorway.person import Person
from tagent_dashboard.doorway.sessions import SESSION_S, Sessions
from tagent_dashboard.settings import OidcSettings

FORBIDDEN = 403
CLOCK: Callable[[], float] = time.time  # noqa: TID251 - the edge of the process, given as an argument
_log = logging.getLogger(__name__)


class Accounts:
    """Admits whom the provider vouches for and the settings give a role; many threads may ask.

    What the provider said is signed by Streamlit and kept in the person's browser; the platform's token never leaves this process.
    """

    def __init__(
        self,
        settings: OidcSettings,
        platform: ClientSettings,
        sessions: Sessions,
        *,
        now: Callable[[], float] = CLOCK,
        connect: Callable[[ClientSettings], Client] = Client,
    ) -> None:
        self._settings = settings
        self._platform = platform
        self._connect = connect
        self._admin = connect(platform)
        self._sessions = sessions
        self._now = now
        self._minting = threading.Lock()

    def session_of(self, claims: Mapping[str, object]) -> str:
        """Return the name of the session that this sign-in has. Raises NotAdmittedError."""
        identity = identity_of(claims, self._settings.roles, self._settings.role_claim)
        if self._sessions.find(identity.session) is None:
            with self._minting:
                # Each page of theirs asks at the same moment.
                if self._sessions.find(identity.session) is None:
                    self._begin(identity)
        return identity.session

    def _begin(self, identity: Identity) -> None:
        left_s = identity.signed_in_at + SESSION_S - self._now()
        if left_s <= 0 or self._sessions.has_ended(identity.session):
            raise NotAdmittedError("Your sign-in is over. Sign in again to go on.")
        token = self._mint(identity, left_s)
        client = self._connect(replace(self._platform, token=token.token))
        person = Person(identity.name, identity.role, client)
        self._sessions.begin(identity.session, person, left_s, lambda: self._revoke(token))

    def _mint(self, identity: Identity, ttl_s: float) -> TokenView:
        try:
            return self._admin.mint_token(identity.name, identity.role, ttl_s=ttl_s)
        except ApiError as error:
            if error.status != FORBIDDEN:
                raise NotAdmittedError(f"The platform gave you no token: {error}.") from error
            raise NotAdmittedError(
                "The dashboard's own token may not give you one: whoever runs it must set TAGENT_TOKEN to an admin's."
            ) from error
        except TagentError as error:
            raise NotAdmittedError(
                f"You are {identity.name}, but {error}. Try again in a moment."
            ) from error

    def _revoke(self, token: TokenView) -> None:
        """Take it back beside whoever signs out; if that fails it ends by itself."""
        threading.Thread(target=self._revoke_now, args=(token,), name="revoke", daemon=True).start()

    def _revoke_now(self, token: TokenView) -> None:
        try:
            self._admin.revoke_token(token.id)
        except TagentError as error:
            _log.warning("the token of %s lives on until it expires: %s", token.name, error)

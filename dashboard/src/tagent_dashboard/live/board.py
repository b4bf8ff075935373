"""What is there once in a process, and where the pages find it."""

from __future__ import annotations

from dataclasses import dataclass

from tagent_client.client import Client
from tagent_dashboard.doorway.accounts import Accounts
from tagent_dashboard.doorway.sessions import Sessions
from tagent_dashboard.live.answer_cache import AnswerCache
from tagent_dashboard.live.event_tail import EventTail
from tagent_dashboard.live.poller import Poller
from tagent_dashboard.live.series_cache import SeriesCache
from tagent_dashboard.settings import Settings


@dataclass(frozen=True)
class Board:
    """The process's own: who is signed in, what is known, what is drawn."""

    settings: Settings
    sessions: Sessions
    poller: Poller
    series: SeriesCache
    answers: AnswerCache
    events: EventTail
    accounts: Accounts | None = None
    """Where people sign in with their organisation's account."""


_installed: list[Board] = []


def install(board: Board) -> None:
    """Make it the one that the pages find."""
    _installed[:] = [board]


def installed() -> Board:
    """Return the process's board. Raises RuntimeError before `install`: the script was run without its server."""
    if not _installed:
        raise RuntimeError("start the dashboard with `tagent-dashboard`, not with `streamlit run`")
    return _installed[0]


def assemble(settings: Settings) -> Board:
    """Return a board for the platform of these settings, with nothing started."""
    sessions = Sessions(settings.platform)
    own = Client(settings.platform) if settings.platform.token else None

    def watcher() -> Client | None:
        return own or sessions.any_client()

    def another(refused: Client) -> Client | None:
        sessions.refused(refused)
        return None if own else sessions.any_client()

    answers = AnswerCache(watcher)
    poller = Poller(watcher, interval_s=settings.poll_interval_s, another=another)
    return Board(
        settings=settings,
        sessions=sessions,
        poller=poller,
        series=SeriesCache(answers),
        answers=answers,
        events=EventTail(watcher, poller.wake),
        accounts=Accounts(settings.oidc, settings.platform, sessions) if settings.oidc else None,
    )

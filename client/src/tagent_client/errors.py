"""What can go wrong between a client and the platform, each as one sentence."""

from __future__ import annotations

from tagent_contract.problems import Problem


class TagentError(Exception):
    """The platform did not do what was asked, or could not be asked."""


class SettingsError(TagentError):
    """A variable that cannot be; the sentence names it."""


class UnreachableError(TagentError):
    """Nobody answered, or what answered is no Tagent platform."""


class ShutOutError(UnreachableError):
    """Something before the platform refuses: Cloud Run's IAM, not the platform's own token."""


class NoTokenError(TagentError):
    """There is no Google ID token to be had here; the text says why."""


class StreamBrokenError(TagentError):
    """A stream of events holds something that is no event; to go on would be to guess."""


class ApiError(TagentError):
    """The platform answered with a problem."""

    def __init__(self, problem: Problem) -> None:
        super().__init__(problem.detail or problem.title)
        self.problem = problem

    @property
    def status(self) -> int:
        return self.problem.status

    @property
    def reason(self) -> str | None:
        return self.problem.reason

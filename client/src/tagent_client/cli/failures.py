"""What went wrong, as one line for a person, a hint, and an exit code."""

from __future__ import annotations

from dataclasses import dataclass

from tagent_client.cli.views.words import sentence, time_of_day
from tagent_client.errors import ApiError, SettingsError, TagentError, UnreachableError


class CommandFailedError(Exception):
    """A command did not do what was asked; the text says why, the hint what to do."""

    def __init__(self, text: str, hint: str = "") -> None:
        super().__init__(text)
        self.hint = hint


class WrongUsageError(CommandFailedError):
    """The arguments fit together badly, which only the command could see."""


@dataclass(frozen=True, slots=True)
class Explained:
    """A failure for people."""

    text: str
    hint: str
    code: int


_HINTS = {
    "halted": "`tagent release` accepts faults again.",
    "already_active": "`tagent faults` shows it, `tagent clear` ends it.",
    "no_instances": "`tagent status` shows which services have instances.",
    "last_healthy_instance": "--force takes even the last healthy instance.",
    "maintenance": "`tagent maintenance SERVICE --end` ends it.",
    "unsupported": "`tagent doctor` shows what each sidecar can apply.",
    "sidecar_unreachable": "Its sidecar does not answer; `tagent status SERVICE` says since when.",
}


def explain(error: Exception) -> Explained | None:
    """Return what to say and how to exit; None for an error that nobody foresaw."""
    match error:
        case ApiError():
            return _refused(error)
        case UnreachableError():
            return Explained(sentence(str(error)), "`tagent doctor` looks closer.", 3)
        case SettingsError():
            return Explained(sentence(str(error)), "", 2)
        case WrongUsageError():
            return Explained(sentence(str(error)), error.hint, 2)
        case CommandFailedError():
            return Explained(sentence(str(error)), error.hint, 1)
        case TagentError() | PermissionError():
            return Explained(sentence(str(error)), "", 1)
        case _:
            return None


def _refused(error: ApiError) -> Explained:
    problem = error.problem
    text = sentence(problem.detail or problem.title)
    if problem.field and problem.field != "$":
        text = f"{problem.field.removeprefix('$.')}: {text}"
    if problem.until:
        text += f" Until {time_of_day(problem.until)}."
    hint = _HINTS.get(problem.reason or "", "")
    if problem.near and problem.near[0] not in text:
        hint = f"Did you mean {' or '.join(problem.near)}?"
    elif problem.status == 401:
        hint = "Set TAGENT_TOKEN, or TAGENT_HOME to the folder of the `tagent up` you mean."
    elif problem.status == 403:
        hint = "Another token may do it: `tagent token list` shows whose there are."
    return Explained(text, hint, 2 if problem.status == 422 else 1)

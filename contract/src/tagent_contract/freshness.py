"""How fresh an answer is: several platform processes may answer, and none may know less than what the caller was told before."""

from __future__ import annotations

VERSION_HEADER = "tagent-version"
"""In an answer: the store's epoch and the newest commit that the answer knows of."""
AFTER_HEADER = "tagent-after"
"""In a request: the newest version that the caller was told; the answer knows at least that, or comes late."""


def version_text(epoch: str, commit: int) -> str:
    """Return a version as the headers carry it."""
    return f"{epoch}.{commit}"


def commit_in(version: str, epoch: str) -> int:
    """Return the commit of a version; -1 for another store's, or for what is none."""
    named, _, digits = version.rpartition(".")
    is_number = digits.isascii() and digits.isdigit() and len(digits) <= 18
    return int(digits) if named == epoch and is_number else -1


def newest(known: str, told: str) -> str:
    """Return which of two versions to remember; of different stores the one that was told last."""
    epoch = told.rpartition(".")[0]
    return known if commit_in(known, epoch) > commit_in(told, epoch) else told

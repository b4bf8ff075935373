from __future__ import annotations

import pytest

from tagent_sidecar.supervisor.exit_status import describe_exit


@pytest.mark.parametrize(
    ("code", "words"),
    [(0, "exit 0"), (3, "exit 3"), (-9, "signal KILL"), (-15, "signal TERM"), (-126, "signal 126")],
)
def test_an_exit_is_told_in_words(code: int, words: str) -> None:
    assert describe_exit(code) == words

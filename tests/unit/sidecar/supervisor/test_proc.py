from __future__ import annotations

from tagent_sidecar.supervisor.proc import parse_stat

FIELDS = b"S 41 42 42 0 -1 4194304 100 0 0 0 250 50 7 8 20 0 9 0 123456 1000000 2560 18446744073709551615"


def test_a_command_name_with_spaces_and_parentheses_confuses_nobody() -> None:
    stat = parse_stat(b"42 (a) b (c) R) " + FIELDS + b"\n")
    assert stat.state == "S"
    assert stat.parent == 41
    assert stat.cpu_ticks == 300
    assert stat.threads == 9
    assert stat.started_ticks == 123456
    assert stat.rss_pages == 2560

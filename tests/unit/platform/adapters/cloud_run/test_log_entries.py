"""What Cloud Logging is asked for, and how its entries read."""

from __future__ import annotations

from tagent_platform.adapters.runtime.cloud_run.log_entries import entries_filter, line_of
from tagent_platform.adapters.runtime.cloud_run.places import RunService
from tagent_platform.ports.series import LogQuery, LogSample

CHAT = RunService("acme", "north", "chat")


def test_the_containers_own_lines_of_that_service_are_asked_for() -> None:
    found = entries_filter(CHAT, LogQuery("chat"))
    assert 'resource.labels.service_name="chat" resource.labels.location="north"' in found
    assert "stdout|stderr" in found
    assert "severity" not in found


def test_level_and_text_go_along_and_nobody_breaks_out_of_a_string() -> None:
    found = entries_filter(CHAT, LogQuery("chat", text='a" OR "b', level="warning"))
    assert found.endswith('severity>=WARNING "a\\" OR \\"b"')


def test_entries_are_lines() -> None:
    entry = {
        "timestamp": "2026-01-31T09:30:00.123456789Z",
        "severity": "ERROR",
        "logName": "projects/acme/logs/run.googleapis.com%2Fstderr",
        "labels": {"instanceId": "0087"},
        "textPayload": "no",
    }
    assert line_of("chat", entry) == LogSample(
        "chat", "0087", 1769851800.123456, "stderr", "error", "no"
    )
    plain = {"timestamp": "2026-01-31T09:30:00Z", "jsonPayload": {"message": "hello"}}
    assert line_of("chat", plain).text == "hello"
    odd = {"timestamp": "2026-01-31T09:30:00Z", "jsonPayload": {"n": 1}}
    assert line_of("chat", odd).text == "{'n': 1}"

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from tagent_platform.adapters.series.prometheus_options import (
    OptionError,
    PrometheusOptions,
    check_options,
    labels_of,
    shown_address,
)

GOOD = PrometheusOptions(
    write_url="http://127.0.0.1:9090/api/v1/write", query_url="http://127.0.0.1:9090"
)


@pytest.mark.parametrize(
    ("changed", "field"),
    [
        ({"write_url": ""}, "write_url"),
        ({"write_url": "localhost:9090"}, "write_url"),
        ({"query_url": "ftp://metrics"}, "query_url"),
        ({"query_url": "http://[metrics"}, "query_url"),
        ({"query_url": "http://metrics:99999"}, "query_url"),
        ({"write_url": "http://me:secret@metrics/api/v1/write"}, "write_url"),
        ({"query_url": "http://"}, "query_url"),
        ({"bearer_token": "a", "bearer_token_file": "b"}, "bearer_token"),
        ({"bearer_token": "a\nb"}, "bearer_token"),
        ({"bearer_token_file": "/nonexistent/token"}, "bearer_token_file"),
        ({"user": "me"}, "user"),
        ({"password": "secret"}, "user"),
        ({"user": "me", "password": "a", "password_file": "b"}, "password"),
        ({"user": "me", "password": "a", "bearer_token": "b"}, "user"),
        ({"tenant": "täm"}, "tenant"),
        ({"labels": "job"}, "labels"),
        ({"labels": "job="}, "labels"),
        ({"labels": "1=2"}, "labels"),
        ({"labels": "instance=mine"}, "labels"),
        ({"labels": "__name__=mine"}, "labels"),
        ({"waiting_windows_max": 0}, "waiting_windows_max"),
        ({"roll_up_s": 1.0}, "roll_up_s"),
        ({"roll_up_s": 3600.0}, "roll_up_s"),
    ],
)
def test_an_option_that_cannot_be_is_named(changed: dict[str, Any], field: str) -> None:
    with pytest.raises(OptionError) as caught:
        check_options(replace(GOOD, **changed))
    assert caught.value.field == field


@pytest.mark.parametrize(
    "changed",
    [
        {},
        {"bearer_token": "token"},
        {"user": "12345", "password": "glc_abc"},
        {"tenant": "team-a|team-b", "labels": "job=tagent, cluster=eu"},
        {"labels": ""},
    ],
)
def test_what_can_be_is_let_in(changed: dict[str, Any]) -> None:
    check_options(replace(GOOD, **changed))


def test_a_file_with_more_than_a_line_is_no_secret(tmp_path: Path) -> None:
    path = tmp_path / "token"
    for text in ("", "two\nlines", "ü"):
        path.write_text(text)
        with pytest.raises(OptionError, match="one line"):
            check_options(replace(GOOD, bearer_token_file=str(path)))
    path.write_text("  token \n")
    check_options(replace(GOOD, bearer_token_file=str(path)))


def test_what_follows_the_question_mark_is_not_shown() -> None:
    assert shown_address("https://m.example/push?key=secret#x") == "https://m.example/push"


def test_labels_are_by_name() -> None:
    assert labels_of(replace(GOOD, labels=" job=tagent,cluster=a=b ,")) == {
        "job": "tagent",
        "cluster": "a=b",
    }

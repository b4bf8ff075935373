"""What the samples can be told."""

from __future__ import annotations

import pytest

from tagent_samples.settings import (
    SettingError,
    Settings,
    parse_env_file,
    read_port,
    read_settings,
)


def test_empty_variables_leave_the_defaults() -> None:
    given = {"GOOGLE_API_KEY": " ", "GEMINI_MODEL_ID": "", "TEMPERATURE": "", "OPENAI_BASE_URL": ""}
    assert read_settings(given) == Settings()


def test_numbers_and_urls_are_taken() -> None:
    settings = read_settings(
        {"TEMPERATURE": "0", "MAX_TOKENS": "100", "OPENAI_BASE_URL": "http://localhost:11434/v1/"}
    )
    assert (settings.temperature, settings.max_tokens) == (0.0, 100)
    assert settings.openai_base_url == "http://localhost:11434/v1"


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("TEMPERATURE", "warm"),
        ("TEMPERATURE", "2.1"),
        ("TEMPERATURE", "nan"),
        ("MAX_TOKENS", "0"),
        ("OPENAI_BASE_URL", "localhost:11434"),
    ],
)
def test_a_wrong_one_is_named(name: str, value: str) -> None:
    with pytest.raises(SettingError, match=name):
        read_settings({name: value})


def test_an_env_file_may_hold_comments_quotes_and_export() -> None:
    text = "# keys\nA=1\nexport B = 'two # words'\nC=three # a comment\n\nbroken\nD=\n"
    assert parse_env_file(text) == {"A": "1", "B": "two # words", "C": "three", "D": ""}


def test_the_port_is_the_one_that_whoever_starts_it_says() -> None:
    assert read_port(8101, {}) == 8101
    assert read_port(8101, {"PORT": "8081"}) == 8081


@pytest.mark.parametrize("text", ["0", "65536", "-1", "http"])
def test_a_port_that_cannot_be_is_named(text: str) -> None:
    with pytest.raises(SettingError, match="PORT"):
        read_port(8101, {"PORT": text})

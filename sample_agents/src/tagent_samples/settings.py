"""What the samples can be told: the environment, and beneath it a `.env` file in the current folder."""

from __future__ import annotations

import os
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

GEMINI_MODEL_ID = "gemini-2.5-flash"
GEMINI_BASE_URL = "https://generativelanguage.googleapis.com/v1beta"
OPENAI_MODEL_ID = "gpt-4o-mini"
OPENAI_BASE_URL = "https://api.openai.com/v1"


class SettingError(ValueError):
    """A setting that cannot be used; the message names it and what would be right."""


@dataclass(frozen=True, slots=True)
class Settings:
    """How the samples answer. Without a key and without a base URL of one's own they answer locally."""

    google_api_key: str = ""
    gemini_model_id: str = GEMINI_MODEL_ID
    gemini_base_url: str = GEMINI_BASE_URL
    openai_api_key: str = ""
    openai_model_id: str = OPENAI_MODEL_ID
    openai_base_url: str = ""
    temperature: float = 0.7
    max_tokens: int = 8192
    provider_silence_s: float = 20.0
    """How long a provider may say nothing."""
    provider_whole_s: float = 120.0
    """How long a whole answer may take."""


def read_settings(values: Mapping[str, str]) -> Settings:
    """Build settings from variables; an empty one counts as not given. Raises SettingError."""
    return Settings(
        google_api_key=values.get("GOOGLE_API_KEY", "").strip(),
        gemini_model_id=values.get("GEMINI_MODEL_ID", "").strip() or GEMINI_MODEL_ID,
        gemini_base_url=_url(values, "GEMINI_BASE_URL") or GEMINI_BASE_URL,
        openai_api_key=values.get("OPENAI_API_KEY", "").strip(),
        openai_model_id=values.get("OPENAI_MODEL_ID", "").strip() or OPENAI_MODEL_ID,
        openai_base_url=_url(values, "OPENAI_BASE_URL"),
        temperature=_number(values, "TEMPERATURE", 0.7, low=0.0, high=2.0),
        max_tokens=int(_number(values, "MAX_TOKENS", 8192, low=1, high=10**7)),
        provider_silence_s=_number(values, "PROVIDER_SILENCE_S", 20.0, low=0.01, high=3600),
        provider_whole_s=_number(values, "PROVIDER_WHOLE_S", 120.0, low=0.01, high=3600),
    )


def load_settings() -> Settings:
    """Read the environment and `.env`. Raises SettingError."""
    values = parse_env_file(_read_env_file(Path(".env")))
    values.update({name: value for name, value in os.environ.items() if value})
    return read_settings(values)


def read_port(default: int, environment: Mapping[str, str] = os.environ) -> int:
    """Return the port of `PORT`, by which containers and supervisors tell it. Raises SettingError."""
    text = environment.get("PORT", "").strip() or str(default)
    if not text.isdecimal() or not 0 < int(text) < 2**16:
        raise SettingError(f"PORT must be a port from 1 to 65535, not {text!r}")
    return int(text)


def parse_env_file(text: str) -> dict[str, str]:
    """Return `NAME=value` lines; quotes around a value, `export` and comments are dropped."""
    values: dict[str, str] = {}
    for line in text.splitlines():
        name, equals, value = line.strip().removeprefix("export ").partition("=")
        name = name.strip()
        if not equals or not name or name.startswith("#"):
            continue
        values[name] = _unquoted(value.strip())
    return values


def _read_env_file(path: Path) -> str:
    try:
        return path.read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError):
        return ""


def _unquoted(value: str) -> str:
    if len(value) >= 2 and value[0] == value[-1] and value[0] in "'\"":
        return value[1:-1]
    return value.split(" #", 1)[0].rstrip()


def _url(values: Mapping[str, str], name: str) -> str:
    value = values.get(name, "").strip().rstrip("/")
    if value and not value.startswith(("http://", "https://")):
        raise SettingError(f"{name} must begin with http:// or https://, not {value!r}")
    return value


def _number(
    values: Mapping[str, str], name: str, default: float, *, low: float, high: float
) -> float:
    text = values.get(name, "").strip()
    if not text:
        return default
    try:
        value = float(text)
    except ValueError:
        value = float("nan")
    if not low <= value <= high:
        raise SettingError(f"{name} must be a number from {low:g} to {high:g}, not {text!r}")
    return value

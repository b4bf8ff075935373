"""What keeps many open pages cheap, and each whole, is in force."""

from __future__ import annotations

import subprocess
import sys
import tomllib
from pathlib import Path

import pytest
from streamlit import config

import tagent_dashboard

pytestmark = pytest.mark.integration

CONFIG = Path(tagent_dashboard.__file__).parent / "script" / ".streamlit" / "config.toml"


def test_what_never_dies_is_out_of_the_collector_s_sight() -> None:
    script = "from tagent_dashboard.server import _preload; import gc; _preload(); print(gc.get_freeze_count())"
    frozen = subprocess.run(
        [sys.executable, "-c", script], capture_output=True, text=True, timeout=60, check=True
    )
    assert int(frozen.stdout) > 50_000


def test_no_run_ends_with_a_full_collection_or_writes_beside_another() -> None:
    assert tomllib.loads(CONFIG.read_text())["runner"] == {
        "postScriptGC": False,
        "fastReruns": False,
    }
    assert isinstance(config.get_option("runner.postScriptGC"), bool)
    assert isinstance(config.get_option("runner.fastReruns"), bool)


def test_no_message_only_names_an_earlier_one() -> None:
    least = tomllib.loads(CONFIG.read_text())["global"]["minCachedMessageSize"]
    assert least > 1e9
    assert isinstance(config.get_option("global.minCachedMessageSize"), float)

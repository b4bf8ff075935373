from __future__ import annotations

from collections.abc import Iterator

import pytest
from playwright.sync_api import Browser, Page

from tests.e2e.dashboard.browser import CHROMIUM, Tab, chromium, tab
from tests.e2e.dashboard.house import House, house


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    """The browser, open for the tests of one file, none of which may be a coroutine."""
    if not CHROMIUM.exists():
        pytest.skip(f"there is no {CHROMIUM}: apt-get install chromium-headless-shell")
    with chromium() as one:
        yield one


@pytest.fixture(scope="module")
def home(tmp_path_factory: pytest.TempPathFactory) -> Iterator[House]:
    """Three healthy services and a dashboard, shared by the tests of one file: each leaves them as it found them."""
    with house(tmp_path_factory.mktemp("house")) as one:
        yield one


@pytest.fixture(scope="module")
def desk(browser: Browser, home: House) -> Iterator[Tab]:
    """The page that the tests of one file take in turn."""
    with tab(browser, url=home.url) as one:
        yield one


@pytest.fixture
def watched(desk: Tab) -> Iterator[Tab]:
    """A page as new at a desk, whose addresses are the dashboard's, and what it must never do."""
    yield desk
    try:
        desk.watch.assert_clean()
    finally:
        desk.renew()


@pytest.fixture
def page(watched: Tab) -> Page:
    """The page alone."""
    return watched.page

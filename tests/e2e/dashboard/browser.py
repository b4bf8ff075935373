"""A real browser for the dashboard's tests: Debian's Chromium without its windows, watched for what a page must never do."""

from __future__ import annotations

import re
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from urllib.parse import urlsplit

from playwright.sync_api import (
    Browser,
    BrowserContext,
    ConsoleMessage,
    Page,
    Request,
    expect,
    sync_playwright,
)

CHROMIUM = Path("/usr/bin/chromium-headless-shell")
"""What draws and runs pages is Chromium's; it costs a quarter less than the browser with all its windows hidden."""
ARGUMENTS = (
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
    # A page lives for seconds here: what makes its code faster in the long run costs a tenth more.
    "--js-flags=--no-opt --no-maglev",
)
ARTEFACTS = Path(__file__).resolve().parents[3] / "artefacts" / "dashboard"
DESK = (1440, 900)
PHONE = (390, 844)
WITHIN_MS = 60_000
"""Past this something hangs; no test measures time with it."""
OUR_HOSTS = ("127.0.0.1", "localhost", "[::1]")
GUESSES = re.compile(r"/[^/]+/_stcore/(health|host-config)$")
"""On a deep link Streamlit first looks for its server below the page's own path, and Chromium calls the 404 an error."""

expect.set_options(timeout=WITHIN_MS)


@dataclass
class Watch:
    """What the pages of one context asked for and complained about."""

    outside: list[str] = field(default_factory=list)
    """Requests to any host but this machine."""
    complaints: list[str] = field(default_factory=list)
    """Errors on the console, and exceptions that nobody caught."""
    expected: list[re.Pattern[str]] = field(default_factory=list)

    def expect_complaint(self, pattern: str) -> None:
        """Let a complaint be: the test provokes it."""
        self.expected.append(re.compile(pattern))

    def assert_clean(self) -> None:
        """Fail if a page did what it must never do."""
        assert self.outside == [], f"requests left this machine: {self.outside}"
        unexpected = [
            text
            for text in self.complaints
            if not any(pattern.search(text) for pattern in self.expected)
        ]
        assert unexpected == [], f"the browser complained: {unexpected}"

    def begin_anew(self) -> None:
        """Forget what was asked for, complained about and expected."""
        self.outside.clear()
        self.complaints.clear()
        self.expected.clear()

    def follow(self, context: BrowserContext) -> None:
        """Watch all pages of a context, those there are and those to come."""
        context.on("request", self._see_request)
        context.on("console", self._see_console)
        context.on("weberror", lambda error: self.complaints.append(f"uncaught: {error.error}"))
        context.on("page", self._see_page)

    def _see_page(self, page: Page) -> None:
        page.on("websocket", lambda socket: self._see_url(socket.url))

    def _see_request(self, request: Request) -> None:
        self._see_url(request.url)

    def _see_url(self, url: str) -> None:
        parts = urlsplit(url)
        if parts.scheme in ("http", "https", "ws", "wss") and parts.hostname not in OUR_HOSTS:
            self.outside.append(url)

    def _see_console(self, message: ConsoleMessage) -> None:
        where = message.location.get("url", "")
        if message.type == "error" and not GUESSES.search(where):
            self.complaints.append(f"{message.text} ({where})")


@dataclass
class Tab:
    """One page in a context of its own: own cookies, own storage."""

    page: Page
    watch: Watch

    def renew(self) -> None:
        """Make it as if it had just been opened: an empty page, signed out of everything, at a desk.

        Only what the browser has fetched and compiled stays, which is two thirds of what opening a page costs.
        """
        context = self.page.context
        for other in context.pages:
            if other != self.page:
                other.close()
        if self.page.url.startswith("http"):
            self.page.evaluate("[localStorage, sessionStorage].forEach(kept => kept.clear())")
        self.page.goto("about:blank")
        context.clear_cookies()
        self.page.set_viewport_size({"width": DESK[0], "height": DESK[1]})
        self.watch.begin_anew()


@contextmanager
def chromium() -> Iterator[Browser]:
    """Run the browser.

    Playwright's synchronous API keeps an event loop in this thread for as long as it is open: never hold it over a test that is a coroutine.
    """
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=CHROMIUM, args=list(ARGUMENTS))
        try:
            yield browser
        finally:
            browser.close()


@contextmanager
def tab(
    browser: Browser, *, size: tuple[int, int] = DESK, dark: bool = False, url: str | None = None
) -> Iterator[Tab]:
    """Open a page; when the block ends without a failure of its own, fail if the page did what it must never do."""
    context = browser.new_context(
        base_url=url,
        viewport={"width": size[0], "height": size[1]},
        color_scheme="dark" if dark else "light",
        reduced_motion="reduce",
    )
    watch = Watch()
    watch.follow(context)
    try:
        yield Tab(context.new_page(), watch)
    finally:
        context.close()
    watch.assert_clean()


def screenshot(page: Page, name: str, *, whole: bool = False) -> Path:
    """Save what the page looks like now as an artefact, to be looked at."""
    ARTEFACTS.mkdir(parents=True, exist_ok=True)
    path = ARTEFACTS / f"{name}.png"
    size = page.viewport_size
    if whole and size is not None:
        # Streamlit scrolls within the page: only a window as high as all that is in it shows the whole.
        height = page.get_by_test_id("stMain").evaluate("main => main.scrollHeight")
        page.set_viewport_size({**size, "height": max(height, size["height"])})
    page.screenshot(path=path, animations="disabled")
    if whole and size is not None:
        page.set_viewport_size(size)
    return path

"""One real Chromium before the dashboard: when data is first seen, how long a change takes to be seen, how busy its main thread is.

The page notes by itself when it shows something, on the machine's clock, which is also the clock by which a simulated sidecar says when it changed.
"""

from __future__ import annotations

import random
import time
from collections.abc import Iterator
from contextlib import contextmanager

from playwright.sync_api import CDPSession, Page, sync_playwright

from bench.dashboard_fleet import Fleet, service_name
from tagent_contract.health import Health
from tests.e2e.dashboard.browser import ARGUMENTS, CHROMIUM, DESK

SEEN_WITHIN_MS = 60_000
CHANGE_PAUSE_S = (0.4, 1.6)
"""Between two changes, so that they fall anywhere between two refreshes."""

# Looked at once a frame, since what is drawn in a shadow root tells no observer of the document.
_WATCH = """
window.tagentCard = (name) => {
  const host = [...document.querySelectorAll('.st-key-cards *')].find((element) => element.shadowRoot);
  return host?.shadowRoot.querySelector(`[data-service="${name}"]`)?.innerText ?? '';
};
window.tagentWatch = (shows) => {
  window.tagentSeenAt = 0;
  const look = () => {
    if (shows()) window.tagentSeenAt = Date.now();
    else requestAnimationFrame(look);
  };
  requestAnimationFrame(look);
};
"""
_WATCH_FIRST_DATA = """
window.tagentWatch(() => window.tagentCard('%s').includes('DEGRADED') && document.querySelector('[data-testid=stDataFrame] canvas'));
"""
_WATCH_CHANGE = """
([name, isDegraded]) => window.tagentWatch(() => window.tagentCard(name).includes('DEGRADED') === isDegraded)
"""


@contextmanager
def cold_page(*scripts: str) -> Iterator[Page]:
    """Open an empty page in a browser that has never seen anything; it runs the scripts in each document."""
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=CHROMIUM, args=list(ARGUMENTS))
        try:
            context = browser.new_context(viewport={"width": DESK[0], "height": DESK[1]})
            for script in (_WATCH, *scripts):
                context.add_init_script(script)
            yield context.new_page()
        finally:
            browser.close()


def first_data_s(url: str, sick: str) -> tuple[float, float]:
    """Return the time from opening the fleet to its first data in a cold browser, and the same for loading it again."""
    with cold_page(_WATCH_FIRST_DATA % sick) as page:
        asked = time.time()
        page.goto(url, wait_until="commit")
        opened_s = _seen_at(page) - asked
        page.wait_for_timeout(2000)
        asked = time.time()
        page.reload(wait_until="commit")
        return opened_s, _seen_at(page) - asked


def change_latencies_s(url: str, fleet: Fleet, services: range) -> list[float]:
    """Return, for each service that degrades and then is healthy again, how long the page took to show either."""
    chance = random.Random(len(services))
    latencies = []
    with cold_page() as page:
        page.goto(url)
        page.wait_for_selector("[data-testid=stDataFrame] canvas", timeout=SEEN_WITHIN_MS)
        for number in services:
            for health in (Health.DEGRADED, Health.HEALTHY):
                page.wait_for_timeout(chance.uniform(*CHANGE_PAUSE_S) * 1000)
                page.evaluate(_WATCH_CHANGE, [service_name(number), health is Health.DEGRADED])
                changed = fleet.become(number, health)
                latencies.append(_seen_at(page) - changed)
    return latencies


def busy_share(url: str, settle_s: float, measured_s: float) -> float:
    """Return the share of time in which the page's main thread does something."""
    with cold_page() as page:
        page.goto(url)
        page.wait_for_selector("[data-testid=stDataFrame] canvas", timeout=SEEN_WITHIN_MS)
        page.wait_for_timeout(settle_s * 1000)
        session = page.context.new_cdp_session(page)
        session.send("Performance.enable")
        busy_s, began = _task_s(session), time.perf_counter()
        page.wait_for_timeout(measured_s * 1000)
        return (_task_s(session) - busy_s) / (time.perf_counter() - began)


def _seen_at(page: Page) -> float:
    page.wait_for_function("window.tagentSeenAt > 0", polling=250, timeout=SEEN_WITHIN_MS)
    return float(page.evaluate("window.tagentSeenAt")) / 1000


def _task_s(session: CDPSession) -> float:
    metrics = session.send("Performance.getMetrics")["metrics"]
    return next(float(metric["value"]) for metric in metrics if metric["name"] == "TaskDuration")

"""What axe-core finds in a page, and what a person without a mouse needs of it."""

from __future__ import annotations

from typing import Any

from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Locator, Page

from tests.e2e.processes import eventually

_AXE = Axe()
_OPTIONS = {"resultTypes": ["violations"]}
_LOOK = """it => {
    const found = [];
    for (let each = it; each && found.length < 5; each = each.parentElement) {
        const { outline, boxShadow, borderColor, backgroundColor, clip, transform } = getComputedStyle(each);
        found.push([outline, boxShadow, borderColor, backgroundColor, clip, transform]);
    }
    return JSON.stringify(found);
}"""
"""How something and what is right around it are drawn; a field shows its focus by its frame."""


def violations(page: Page) -> list[str]:
    """Return what axe-core, which the package brings along, finds wrong in the page as it is now: rule, place and why."""
    response = _AXE.run(page, options=_OPTIONS).response
    return [
        f"{found['id']}: {node['target']} {_why(node)}\n    {node['html'][:200]}"
        for found in response["violations"]
        for node in found["nodes"]
    ]


def _why(node: dict[str, Any]) -> str:
    return "; ".join(check["message"] for kind in ("any", "all", "none") for check in node[kind])


def sideways_px(page: Page) -> int:
    """Return by how much the page is wider than its window."""
    found: int = page.evaluate(
        "Math.max(...['html', '[data-testid=stMain]'].map(each => { const it = document.querySelector(each); return it.scrollWidth - it.clientWidth }))"
    )
    return found


def reach(page: Page, target: Locator, *, at_most: int = 80) -> None:
    """Press the tabulator until the target has the focus; fail if it never does, or if whoever looks cannot see that it does."""
    without = target.evaluate(_LOOK)
    for _ in range(at_most):
        page.keyboard.press("Tab")
        if target.evaluate("it => it.matches(':focus')"):
            eventually("the focus to be seen", lambda: target.evaluate(_LOOK) != without)
            return
    raise AssertionError(f"{target} is not reached by the keyboard in {at_most} steps")

from __future__ import annotations

import re

import pytest

from tests.fakes.api import Api


@pytest.mark.parametrize("page", ["/docs", "/redoc"])
async def test_a_page_loads_nothing_from_any_other_host_and_may_not(api: Api, page: str) -> None:
    answer = await api.get(page, as_role=None)
    assert answer.status_code == 200
    loaded = re.findall(r'(?:src|href|spec-url)="([^"]+)"', answer.text)
    assert len(loaded) >= 3
    for address in loaded:
        if address == "data:,":
            continue
        assert address.startswith("/")
        assert not address.startswith("//")
        assert (await api.get(address, as_role=None)).status_code == 200, address
    policy = answer.headers["content-security-policy"]
    assert "default-src 'none'" in policy
    assert "http" not in policy


async def test_a_page_runs_no_script_but_the_ones_served_here(api: Api) -> None:
    for page in ("/docs", "/redoc"):
        text = (await api.get(page, as_role=None)).text
        assert all("src=" in tag for tag in re.findall(r"<script[^>]*>", text))
    start = await api.get("/docs/start.js", as_role=None)
    assert "/openapi.json" in start.text
    assert "//" not in start.text


async def test_redocs_script_fetches_no_picture_from_elsewhere(api: Api) -> None:
    script = await api.get("/docs/assets/redoc.standalone.js", as_role=None)
    assert script.headers["content-type"].startswith("text/javascript")
    assert "redocly logo" in script.text
    assert "cdn.redoc.ly" not in script.text

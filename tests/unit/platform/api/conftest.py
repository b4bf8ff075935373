from __future__ import annotations

from collections.abc import AsyncIterator

import pytest

from tests.fakes.api import Api


@pytest.fixture
async def api() -> AsyncIterator[Api]:
    async with Api() as opened:
        yield opened

"""Who answers the samples: asked of the samples themselves, past their sidecars, so that no fault is in the way."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor

from tagent_client.settings import ClientSettings, read_up_file
from tagent_client.trust import trust

TIMEOUT_S = 0.5


def ask_providers(settings: ClientSettings) -> dict[str, str | None]:
    """Return sample → provider, None where it does not say; nothing when no `up` of this home runs the platform asked."""
    up = read_up_file(settings.home)
    if up is None or up.url != settings.url or not up.samples:
        return {}
    with ThreadPoolExecutor(max_workers=len(up.samples)) as pool:
        return dict(zip(up.samples, pool.map(_ask, up.samples.values()), strict=True))


def _ask(url: str) -> str | None:
    import httpx

    try:
        answer = httpx.get(f"{url}/healthz", timeout=TIMEOUT_S, trust_env=False, verify=trust(url))
        provider = answer.json()["provider"]
    except (httpx.HTTPError, ValueError, KeyError, TypeError):
        return None
    return provider if isinstance(provider, str) else None

"""Google's metadata server: what Cloud Run tells a container of itself, and its service account's tokens."""

from __future__ import annotations

from tagent_sidecar.platform_link.http import HttpClient, LinkError, parse_address

HOST = "metadata.google.internal"
TIMEOUT_S = 1.0
"""It answers within milliseconds where it is, and never where it is not."""
ANSWER_BYTES_MAX = 64 * 1024
_ROOT = "/computeMetadata/v1/"
_FLAVOR = "metadata-flavor"


class MetadataServer:
    """Asks it, each time on a connection of its own, so that several tasks may."""

    def __init__(self, host: str = HOST) -> None:
        """Ask `host`, or `host:port`."""
        self._address = parse_address(f"http://{host}")

    async def get(self, name: str) -> str:
        """Return a value such as `instance/id`. Raises LinkError, after a second at the latest."""
        client = HttpClient(self._address, {_FLAVOR: "Google"}, answer_bytes_max=ANSWER_BYTES_MAX)
        try:
            answer = await client.request("GET", _ROOT + name, timeout_s=TIMEOUT_S)
        finally:
            await client.close()
        said = answer.body.decode("ascii", "replace").strip()
        # Somebody else's machine may have that name where there is no Google.
        if answer.status != 200 or answer.headers.get(_FLAVOR) != "Google":
            raise LinkError(f"the metadata server answered {answer.status}: {said[:100]!r}")
        return said

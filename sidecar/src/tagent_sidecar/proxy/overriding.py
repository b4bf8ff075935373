"""`override` for the type checker alone: Python 3.11 has none, and the sidecar loads nothing for it."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from typing_extensions import override as override
else:

    def override(method):
        """Return the method as it is."""
        return method

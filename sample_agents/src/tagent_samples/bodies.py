"""Reading a request's JSON body: bounded, and a wrong field is named."""

from __future__ import annotations

import json
from typing import Any

from starlette.requests import Request

from tagent_samples.problems import BadInputError

BODY_BYTES_MAX = 2**20


async def read_object(request: Request) -> dict[str, Any]:
    """Return the body as a JSON object. Raises BadInputError."""
    body = b""
    async for part in request.stream():
        body += part
        if len(body) > BODY_BYTES_MAX:
            raise BadInputError(f"the body is larger than {BODY_BYTES_MAX} bytes", 413)
    try:
        value = json.loads(body)
    except (ValueError, RecursionError):
        raise BadInputError("the body is not JSON") from None
    if not isinstance(value, dict):
        raise BadInputError("the body must be a JSON object")
    return value


def text_of(fields: dict[str, Any], name: str, *, length_max: int) -> str:
    """Return a text that must be there. Raises BadInputError naming it."""
    value = fields.get(name)
    if not isinstance(value, str) or not value.strip():
        raise BadInputError(f"`{name}` must be a text that is not empty")
    if len(value) > length_max:
        raise BadInputError(f"`{name}` is longer than {length_max} characters")
    return value


def count_of(fields: dict[str, Any], name: str, default: int, *, low: int, high: int) -> int:
    """Return a whole number, or the default. Raises BadInputError naming it."""
    value = fields.get(name, default)
    if not isinstance(value, int) or isinstance(value, bool) or not low <= value <= high:
        raise BadInputError(f"`{name}` must be a whole number from {low} to {high}")
    return value


def flag_of(fields: dict[str, Any], name: str) -> bool:
    """Return a yes or no, which is no when it is not given. Raises BadInputError naming it."""
    value = fields.get(name, False)
    if not isinstance(value, bool):
        raise BadInputError(f"`{name}` must be true or false")
    return value

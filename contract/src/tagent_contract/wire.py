"""JSON in and out: one way to encode, one way to decode, and an error that names what is wrong."""

from __future__ import annotations

from typing import Any, TypeVar

import msgspec

T = TypeVar("T")

_PATH_MARK = " - at `"


class WireError(ValueError):
    """Bytes or values that are not what the contract says.

    `path` is a JSON path such as `$.faults[0].ttl_s` (`$` for the whole document), `problem` a sentence.
    """

    def __init__(self, path: str, problem: str) -> None:
        super().__init__(f"{path}: {problem}")
        self.path = path
        self.problem = problem


def encode(value: Any) -> bytes:
    """Return `value` as JSON."""
    return msgspec.json.encode(value)


def decode(data: bytes | bytearray | memoryview | str, kind: type[T]) -> T:
    """Parse JSON as `kind`. Raises WireError, naming the path of the first wrong field."""
    try:
        return msgspec.json.decode(data, type=kind)
    except msgspec.DecodeError as error:
        raise wire_error(error) from error
    except UnicodeDecodeError as error:
        raise WireError("$", "is not UTF-8 text") from error
    except RecursionError as error:
        raise WireError("$", "is nested too deeply") from error


def convert(value: Any, kind: type[T]) -> T:
    """Turn plain values (as json.loads gives them) into `kind`. Raises WireError."""
    try:
        return msgspec.convert(value, kind)
    except msgspec.ValidationError as error:
        raise wire_error(error) from error


def wire_error(error: msgspec.DecodeError) -> WireError:
    """Read the path out of msgspec's message, which puts it at the end."""
    message = str(error)
    problem, mark, path = message.rpartition(_PATH_MARK)
    if not mark:
        return WireError("$", message)
    # A wrong key of a mapping is said to be at "`key` in `$.headers`".
    return WireError(path.rstrip("`").rpartition("`")[2], problem)

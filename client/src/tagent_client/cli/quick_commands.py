"""Commands as people like them: quick to start, and with a value's unit in the help instead of its Python type."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from typer.core import TyperCommand, TyperGroup, TyperOption
from typing_extensions import override

PLAIN = (str, int, float, bool)
UNITS = {"ms": "MS", "s": "SECONDS", "min": "MINUTES", "bytes": "BYTES", "port": "PORT"}


def metavar(name: str, kind: object) -> str | None:
    """Return what stands for an option's value; empty for a flag, None to leave it as it is."""
    if kind is bool:
        return ""
    if kind in (int, float):
        return UNITS.get(name.rpartition("_")[2], "NUMBER")
    return "TEXT" if kind is str else None


class QuickValue:
    """Reads what needs no reading: what was not given, defaults, and plain text.

    Typer reads every value through pydantic, whose import takes longer than most commands; the rest still goes there.
    """

    def __init__(self, otherwise: Callable[[], Any]) -> None:
        self._otherwise = otherwise

    def coerce(self, value: Any, param: Any, ctx: Any) -> Any:
        """Return the value as the command takes it."""
        several = param.multiple or param.nargs == -1
        if value is None or (several and not value):
            return () if several else None
        if not several and type(value) is param.type_descriptor.annotation and type(value) in PLAIN:
            return value
        return self._otherwise().coerce(value, param=param, ctx=ctx)


def _prepared(params: list[Any]) -> list[Any]:
    for param in params:
        if "get_runtime_param" not in vars(param):
            quick = QuickValue(param.get_runtime_param)
            param.get_runtime_param = lambda quick=quick: quick
        if isinstance(param, TyperOption) and param.metavar is None:
            described = param.type_descriptor
            if not described.is_choice:
                param.metavar = metavar(param.name or "", described.annotation)
    return params


class Command(TyperCommand):
    """A command with such a page."""

    @override
    def get_params(self, ctx: Any) -> list[Any]:
        """Return the parameters, their values named."""
        return _prepared(super().get_params(ctx))


class CommandGroup(TyperGroup):
    """A group of commands with such a page."""

    @override
    def get_params(self, ctx: Any) -> list[Any]:
        """Return the parameters, their values named."""
        return _prepared(super().get_params(ctx))

"""Help pages as people like them: a value's unit instead of its Python type, and nothing where there is no value."""

from __future__ import annotations

from typing import Any

from typer.core import TyperCommand, TyperGroup, TyperOption
from typing_extensions import override

UNITS = {"ms": "MS", "s": "SECONDS", "min": "MINUTES", "bytes": "BYTES", "port": "PORT"}


def metavar(name: str, kind: object) -> str | None:
    """Return what stands for an option's value; empty for a flag, None to leave it as it is."""
    if kind is bool:
        return ""
    if kind in (int, float):
        return UNITS.get(name.rpartition("_")[2], "NUMBER")
    return "TEXT" if kind is str else None


def _name_values(params: list[Any]) -> list[Any]:
    for param in params:
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
        return _name_values(super().get_params(ctx))


class CommandGroup(TyperGroup):
    """A group of commands with such a page."""

    @override
    def get_params(self, ctx: Any) -> list[Any]:
        """Return the parameters, their values named."""
        return _name_values(super().get_params(ctx))

"""The fields of `views.schema_form` as Streamlit draws them, each with what is wrong with it beneath."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from functools import partial
from typing import Any

import streamlit as st

from tagent_dashboard.views.schema_form import FormField, Kind, problem_of
from tagent_dashboard.views.words import plain

LONG_TEXT = 5000
LONG_TEXT_HEIGHT_PX = 72
FEW_CHOICES = 4
NOTHING = "not set"
Values = dict[FormField, Any]


def draw_fields(
    fields: Sequence[FormField],
    *,
    key: str,
    columns: int = 2,
    problems: Mapping[FormField, str] | None = None,
    values: Mapping[FormField, Any] | None = None,
    disabled: bool = False,
) -> Values:
    """Draw the fields and return what stands in them. `problems` are what others found wrong; `values` win over the defaults."""
    found: Values = {}
    off: list[tuple[str, ...]] = []
    places = st.columns(columns) if columns > 1 and len(fields) > 1 else [st.container()]
    for number, field in enumerate(fields):
        value = (values or {}).get(field, field.default)
        is_idle = disabled or any(field.path[: len(path)] == path for path in off)
        with places[number % len(places)]:
            found[field] = _draw(field, value, f"{key}.{field.name}", is_idle)
            show_problem((problems or {}).get(field) or problem_of(field, found[field]))
        if field.kind is Kind.SWITCH and not found[field]:
            off.append(field.path)
    return found


def show_problem(text: str) -> None:
    """Show what is wrong with the field above, if anything is."""
    if text:
        st.markdown(f":red[:material/error: {plain(text)}]")


def _draw(field: FormField, value: Any, key: str, disabled: bool) -> Any:
    match field.kind:
        case Kind.NUMBER | Kind.INTEGER:
            return _draw_number(field, value, key, disabled)
        case Kind.CHOICE:
            return _draw_choice(field, value, key, disabled)
        case Kind.SWITCH:
            return st.toggle(field.label, value, key=key, help=_help(field), disabled=disabled)
        case _:
            return _draw_text(field, value, key, disabled)


def _draw_number(field: FormField, value: Any, key: str, disabled: bool) -> Any:
    number: Any = int if field.kind is Kind.INTEGER else float

    def of(bound: float | None) -> Any:
        return None if bound is None else number(bound)

    return st.number_input(
        field.label,
        min_value=of(field.minimum),
        max_value=of(field.maximum),
        value=of(value),
        step=of(field.step),
        format="%d" if number is int else "%g",
        key=key,
        help=_help(field),
        placeholder=NOTHING,
        disabled=disabled,
    )


def _draw_choice(field: FormField, value: Any, key: str, disabled: bool) -> Any:
    if len(field.choices) <= FEW_CHOICES:
        return st.segmented_control(
            field.label,
            field.choices,
            default=value,
            format_func=plain,
            key=key,
            help=_help(field),
            disabled=disabled,
            required=True,
        )
    index = field.choices.index(value) if value in field.choices else None
    return st.selectbox(
        field.label, field.choices, index, key=key, help=_help(field), disabled=disabled
    )


def _draw_text(field: FormField, value: Any, key: str, disabled: bool) -> str:
    is_long = field.kind is not Kind.TEXT or (field.max_length or 0) > LONG_TEXT
    draw = partial(st.text_area, height=LONG_TEXT_HEIGHT_PX) if is_long else st.text_input
    shown = {Kind.PAIRS: "NAME: VALUE, one a line", Kind.JSON: "JSON"}.get(field.kind, "")
    typed = draw(
        field.label,
        str(value or ""),
        key=key,
        help=_help(field),
        placeholder=shown or (f"such as {field.example}" if field.example else NOTHING),
        disabled=disabled,
    )
    return str(typed)


def _help(field: FormField) -> str | None:
    return plain(field.help) if field.help else None

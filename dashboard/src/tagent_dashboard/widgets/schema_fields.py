"""The fields of `views.schema_form` as Streamlit draws them, each with what is wrong with it beneath."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from functools import partial
from typing import Any

import streamlit as st
from streamlit.delta_generator import DeltaGenerator

from tagent_dashboard.views.schema_form import FormField, Kind, field_at, problem_of
from tagent_dashboard.views.words import plain

LONG_TEXT = 5000
LONG_TEXT_HEIGHT_PX = 72
FEW_CHOICES = 4
NOTHING = "not set"


@dataclass(frozen=True)
class Drawn:
    """Fields that are on the page: what stands in them, and where to say what is wrong with it."""

    values: dict[FormField, Any] = field(default_factory=dict)
    slots: dict[FormField, DeltaGenerator] = field(default_factory=dict)

    def add(self, other: Drawn) -> None:
        """Take in fields that were drawn elsewhere."""
        self.values.update(other.values)
        self.slots.update(other.slots)

    @property
    def is_sound(self) -> bool:
        """Tell whether all that was typed can be sent."""
        return not any(problem_of(item, shown) for item, shown in self.values.items())

    def show_problem(self, wire_path: str | None, text: str) -> bool:
        """Say at its field what is wrong with it, and tell whether it is one of these."""
        found = field_at(wire_path, self.values)
        if found is not None:
            _say(self.slots[found], text)
        return found is not None


def draw_fields(
    fields: Sequence[FormField],
    *,
    key: str,
    columns: int = 2,
    values: Mapping[FormField, Any] | None = None,
    disabled: bool = False,
) -> Drawn:
    """Draw the fields, each with what is wrong with it beneath. `values` stand in them at first, else their defaults."""
    drawn = Drawn()
    for row in _rows(fields):
        switch = row[0] if row[0].kind is Kind.SWITCH else None
        places = st.columns(columns) if columns > 1 and len(row) > 1 else [st.container()]
        for number, item in enumerate(row):
            is_off = switch is not None and item is not switch and not drawn.values[switch]
            value = (values or {}).get(item, item.default)
            with places[number % len(places)]:
                shown = _draw(item, value, f"{key}.{item.name}", disabled or is_off)
                drawn.values[item], drawn.slots[item] = shown, st.empty()
            _say(drawn.slots[item], problem_of(item, shown))
    return drawn


def _rows(fields: Sequence[FormField]) -> list[list[FormField]]:
    """Return the fields with each switch at the head of a row of its own, together with what it switches."""
    rows: list[list[FormField]] = [[]]
    head: tuple[str, ...] | None = None
    for item in fields:
        is_under = head is not None and item.path[: len(head)] == head
        if item.kind is Kind.SWITCH or (head is not None and not is_under):
            rows.append([])
            head = item.path if item.kind is Kind.SWITCH else None
        rows[-1].append(item)
    return [row for row in rows if row]


def _say(slot: DeltaGenerator, problem: str) -> None:
    if problem:
        slot.markdown(f":red[:material/error: {plain(problem)}]")


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

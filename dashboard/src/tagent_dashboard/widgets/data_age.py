"""How old the data is, counted on by the browser itself, so that it is true even when nothing comes any more."""

from __future__ import annotations

import streamlit as st

from tagent_dashboard.views.banners import STALE_AFTER_S, DataState, Freshness
from tagent_dashboard.views.words import plain

# The browser only adds the time since it was told, by its own steady clock: what its wall clock says does not matter.
_JS = """
const EVERY_MS = 500;

function words(age, data) {
  const word = data.word === 'live' && age > data.stale_after_s ? 'stale' : data.word;
  const long = age < 9.95 ? `${age.toFixed(1)} s` : age < 120 ? `${age.toFixed(0)} s` : `${(age / 60).toFixed(0)} min`;
  return [`${word === 'live' ? '' : '\u25b2 '}data ${long} old \u00b7 ${word}`, word === 'live' ? 'normal' : '600'];
}

export default function({ data, parentElement }) {
  const text = parentElement.querySelector('.data-age');
  // Called again with each newer data: what was counted on from the older ends here.
  clearInterval(text.timer);
  const told = performance.now();
  const show = () => {
    const [said, weight] = words(data.age_s + (performance.now() - told) / 1000, data);
    text.textContent = said;
    text.style.fontWeight = weight;
  };
  show();
  text.timer = setInterval(show, EVERY_MS);
  return () => clearInterval(text.timer);
}
"""
_HTML = '<span class="data-age" style="font-size:0.875rem;white-space:nowrap"></span>'

_data_age = st.components.v2.component("tagent_data_age", html=_HTML, js=_JS)


def show_data_age(state: DataState, refresh_s: float | None) -> None:
    """Show "data 0.4 s old · live"; stale and away are said, and so is that nobody looks again."""
    if state.freshness is Freshness.WAITING:
        return
    is_paused = refresh_s is None and state.freshness is not Freshness.DOWN
    # With a slow refresh the data on the page is older than what the platform has told: that alone is no reason to call it stale.
    stale_after_s = STALE_AFTER_S + (refresh_s or 0.0)
    data = {
        "age_s": round(state.age_s, 1),
        "word": "refresh is off" if is_paused else state.freshness.value,
        "stale_after_s": stale_after_s,
    }
    _data_age(key="data_age", data=data, width="content", height="content")


def show_data_state(state: DataState) -> None:
    """Say that the data is stale, or that the platform is away; nothing while all is well."""
    if state.text:
        is_away = state.freshness is Freshness.DOWN
        icon = ":material/cloud_off:" if is_away else ":material/hourglass_empty:"
        st.warning(plain(state.text), icon=icon)

"""The script that Streamlit runs for each look at a page. Everything is in `frame`, which is imported once."""

from tagent_dashboard.frame import show

show()

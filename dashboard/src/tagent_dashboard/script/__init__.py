"""What Streamlit is given to run. Alone in its folder, since Streamlit would take a `pages/` beside its script for pages of its own."""

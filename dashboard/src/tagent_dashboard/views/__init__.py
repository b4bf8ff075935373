"""What to show, decided: pure functions of what is known, with nothing of Streamlit in them."""

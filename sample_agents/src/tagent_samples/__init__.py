"""Small services to watch, break and heal; they know nothing of Tagent."""

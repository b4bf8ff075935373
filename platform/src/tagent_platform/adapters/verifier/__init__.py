"""Adapters of the verifier port."""

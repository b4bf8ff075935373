"""Adapters of the series port."""

"""Keeps the state of all services, decides what heals them, and proves that it did."""

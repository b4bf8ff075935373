"""Stands beside a service: proxies, injects faults, checks health, restarts, reports."""

__version__ = "0.1.0"

"""Stands beside a service: proxies, injects faults, checks health, restarts, reports."""

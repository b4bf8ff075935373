"""Latency histograms: which bucket a latency belongs to, and what a histogram says about percentiles.

The buckets are the contract's: bucket i counts values in (2^((i-1)/8), 2^(i/8)] microseconds; what is no longer than a
microsecond is in bucket 0.
"""

from __future__ import annotations

from collections.abc import Mapping
from math import ceil, log2

BUCKETS = 400
"""2^(399/8) microseconds is 32 years: the last bucket takes all that is longer."""

_TABLE_SIZE = 4096


def _bucket(micros: int) -> int:
    return min(ceil(log2(micros) * 8), BUCKETS - 1) if micros > 1 else 0


# Most latencies are a few milliseconds: a look into a table is cheaper than a logarithm.
_SMALL = bytes(_bucket(micros + 1) for micros in range(_TABLE_SIZE))


def bucket_of(seconds: float) -> int:
    """Return the bucket of a latency, whose begun microsecond counts as a whole one. Never negative."""
    micros = int(seconds * 1e6)
    return _SMALL[micros] if micros < _TABLE_SIZE else _bucket(micros + 1)


def upper_bound_ms(bucket: int) -> float:
    """Return the longest latency that a bucket counts."""
    return float(2 ** (bucket / 8)) / 1000


def percentile_ms(counts: Mapping[int, int], share: float) -> float | None:
    """Return the latency that this share of all values does not exceed, at most a bucket's width too high; None of none."""
    wanted = share * sum(counts.values())
    if wanted <= 0:
        return None
    seen = 0
    for bucket in sorted(counts):
        seen += counts[bucket]
        if seen >= wanted:
            return upper_bound_ms(bucket)
    return None

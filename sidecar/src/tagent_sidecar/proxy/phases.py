"""Where each side of an HTTP pair stands. Plain numbers, since they are compared for every piece of bytes.

The caller's side: IDLE (a head is awaited) → BODY (the request's body is under way) → WAITING (the request is whole, its
response is not) → IDLE. TUNNEL follows an upgrade; CLOSING reads and throws away, so that a last answer is not lost by a
reset.

The service's side: RESTING (no request is out) → AWAITED (a response's head is) → ANSWERING (its body is under way) →
RESTING. CAREFUL is AWAITED without the quick look, for answers to HEAD and CONNECT. PASSING: what comes is no HTTP that
anybody can follow; it goes through until the close. TUNNELLING follows an upgrade.
"""

from __future__ import annotations

IDLE, BODY, WAITING, TUNNEL, CLOSING = range(5)

RESTING, AWAITED, CAREFUL, ANSWERING, PASSING, TUNNELLING = range(6)

"""The names and numbers that identify things, with their bounds.

A name travels in URLs, file names, metric labels and terminals, so it is plain ASCII.
"""

from __future__ import annotations

from typing import Annotated

from msgspec import Meta

ServiceName = Annotated[
    str,
    Meta(
        pattern=r"^[A-Za-z0-9]([A-Za-z0-9._-]{0,61}[A-Za-z0-9])?$(?!\n)",
        description="A logical service: 1 to 63 letters, digits, dots, dashes or underscores.",
        examples=["chat-service"],
    ),
]
InstanceName = Annotated[
    str,
    Meta(
        pattern=r"^[A-Za-z0-9]([A-Za-z0-9._:-]{0,253}[A-Za-z0-9])?$(?!\n)",
        description="One running copy of a service, by a name that outlives its restarts.",
        examples=["chat-service-9001"],
    ),
]
BootId = Annotated[
    str, Meta(pattern=r"^[A-Za-z0-9_-]{8,64}$(?!\n)", description="One start of a sidecar; random.")
]
Incarnation = Annotated[
    str,
    Meta(
        max_length=200,
        description="One start of the service process within a boot: a number, or the runtime's container id and start time.",
        examples=["1"],
    ),
]
Id = Annotated[
    str,
    Meta(pattern=r"^[A-Za-z0-9_-]{1,64}$(?!\n)", description="An id that the platform gave out."),
]
Probability = Annotated[float, Meta(ge=0, le=1)]
Ratio = Annotated[float, Meta(ge=0, le=1)]
Count = Annotated[int, Meta(ge=0, le=2**53)]
AgeSeconds = Annotated[
    float,
    Meta(ge=0, le=10**9, description="Seconds before `sent_at`, on the sender's monotonic clock."),
]

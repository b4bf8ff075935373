from __future__ import annotations

import pytest

from tagent_contract import wire
from tagent_contract.faults import FAULT_KINDS, Fault, Latency
from tagent_contract.reports import Batch


@pytest.mark.parametrize(
    ("document", "path", "word"),
    [
        (b'{"type":"latency","probability":2}', "$.probability", "<= 1"),
        (b'{"type":"latency","ttl_s":0}', "$.ttl_s", "> 0"),
        (b'{"type":"latency","ttl_s":3601}', "$.ttl_s", "<= 3600"),
        (b'{"type":"earthquake"}', "$.type", "earthquake"),
        (b'{"latency_ms":5}', "$", "type"),
        (b'{"type":"latency","match":{"path":""}}', "$.match.path", "length"),
        (b'{"type":"latency","match":{"headers":{"a b":"c"}}}', "$.match.headers", "matching"),
        (b'{"type":"error","target":{"instances":[]}}', "$.target.instances", "length"),
        (b'{"type":"error","target":{"instances":["a\\n"]}}', "$.target.instances[0]", "regex"),
        (b"{", "$", "truncated"),
        (b"\xff", "$", "malformed"),
        (b'"\xff\xfe"', "$", ""),
        (b'{"type":"latency","latency_ms":NaN}', "$", ""),
        (b"[" * 100_000, "$", ""),
        (b'{"type":"latency","invented_later":' + b"[" * 100_000, "$", "deep"),
    ],
)
def test_what_is_wrong_is_named_by_its_path(document: bytes, path: str, word: str) -> None:
    with pytest.raises(wire.WireError) as caught:
        wire.decode(document, Fault)
    assert caught.value.path == path
    assert word in caught.value.problem


def test_unknown_fields_are_ignored_so_that_older_reads_newer() -> None:
    assert wire.decode(b'{"type":"latency","invented_later":1}', Fault) == Latency()


def test_values_already_parsed_are_judged_the_same() -> None:
    assert wire.convert({"type": "latency", "latency_ms": 10}, Fault) == Latency(latency_ms=10)
    with pytest.raises(wire.WireError, match=r"\$\.latency_ms"):
        wire.convert({"type": "latency", "latency_ms": "slow"}, Fault)


@pytest.mark.parametrize("kind", FAULT_KINDS.values(), ids=FAULT_KINDS)
def test_every_fault_survives_the_wire_with_its_defaults_alone(kind: type) -> None:
    fault = kind()
    assert wire.decode(wire.encode(fault), Fault) == fault


def test_an_empty_batch_is_refused() -> None:
    with pytest.raises(wire.WireError, match="reports"):
        wire.decode(b'{"reports":[]}', Batch)

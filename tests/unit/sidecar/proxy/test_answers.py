from __future__ import annotations

from tagent_sidecar.proxy.answers import build_answer, build_notice
from tagent_sidecar.proxy.heads import read_response_head, response_closes


def test_an_answer_is_a_whole_response() -> None:
    data, head_bytes = build_answer(503, [("retry-after", "5")], b"sorry")
    head = read_response_head(data, b"GET")
    assert head is not None
    assert (head.http_status, head.body, head.end) == (503, 5, head_bytes)
    assert data.startswith(b"HTTP/1.1 503 Service Unavailable\r\nretry-after: 5\r\n")
    assert data[head_bytes:] == b"sorry"
    assert not response_closes(data)


def test_a_status_that_nobody_registered_has_an_answer_too() -> None:
    assert build_answer(599, [], b"")[0].startswith(b"HTTP/1.1 599 Unknown\r\n")


def test_a_notice_closes_and_has_no_body_for_head() -> None:
    notice = build_notice(502, "nobody there")
    assert notice.endswith(b"\r\n\r\nnobody there\n")
    assert response_closes(notice)
    to_head = build_notice(502, "nobody there", to_head=True)
    assert b"content-length: 13\r\n" in to_head
    assert to_head.endswith(b"\r\n\r\n")

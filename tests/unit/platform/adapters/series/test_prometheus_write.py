"""What is written, read back by Google's protobuf and by another way through snappy."""

from __future__ import annotations

from typing import Any

import cramjam
from google.protobuf import descriptor_pb2, descriptor_pool, message_factory

from tagent_contract.reports import Histogram, Window
from tagent_platform.adapters.series.prometheus_write import RemoteWriter
from tagent_platform.ports.series import WindowSample

NOW = 1_800_000_000.0
STRING, DOUBLE, INT64, MESSAGE = 9, 1, 3, 11
ONE, MANY = 1, 3


def _write_request() -> Any:
    file = descriptor_pb2.FileDescriptorProto(name="rw.proto", package="rw", syntax="proto3")
    for name, fields in {
        "Label": [("name", STRING, ONE, ""), ("value", STRING, ONE, "")],
        "Sample": [("value", DOUBLE, ONE, ""), ("timestamp", INT64, ONE, "")],
        "TimeSeries": [("labels", MESSAGE, MANY, ".rw.Label"), ("samples", MESSAGE, MANY, ".rw.Sample")],
        "WriteRequest": [("timeseries", MESSAGE, MANY, ".rw.TimeSeries")],
    }.items():  # fmt: skip
        message = file.message_type.add(name=name)
        for number, (field, kind, many, of) in enumerate(fields, start=1):
            message.field.add(
                name=field, number=number, type=kind, label=many, type_name=of or None
            )
    pool = descriptor_pool.DescriptorPool()
    pool.Add(file)
    return message_factory.GetMessageClass(pool.FindMessageTypeByName("rw.WriteRequest"))


WriteRequest = _write_request()


def read_back(body: bytes) -> dict[tuple[tuple[str, str], ...], list[tuple[int, float]]]:
    request = WriteRequest.FromString(bytes(cramjam.snappy.decompress_raw(body)))
    found = {}
    for series in request.timeseries:
        labels = tuple((label.name, label.value) for label in series.labels)
        assert labels not in found, "a series stands in a request once"
        found[labels] = [(sample.timestamp, sample.value) for sample in series.samples]
    return found


def sample(at: float, requests: int, instance: str = "chat-1") -> WindowSample:
    histogram = Histogram(counts={80: requests} if requests else {}, sum_ms=float(requests))
    window = Window(age_s=0.0, duration_s=5.0, requests=requests, whole=histogram, rss_bytes=2**40)
    return WindowSample("chat", instance, at, window)


def test_a_body_holds_every_sample_with_its_labels_in_order() -> None:
    writer = RemoteWriter({"job": "tagent", "zone": "ä", "a": "first"})
    found = read_back(writer.body([sample(NOW, 7), sample(NOW, 8, "chat-2" * 40)]))
    for labels in found:
        names = [name for name, _ in labels]
        assert names == sorted(names)
        assert dict(labels)["job"] == "tagent"
        assert dict(labels)["zone"] == "ä"
    requests = (
        ("__name__", "tagent_window_requests"), ("a", "first"), ("instance", "chat-1"), ("job", "tagent"), ("service", "chat"), ("zone", "ä"),
    )  # fmt: skip
    assert found[requests] == [(1_800_000_000_000, 7.0)]
    one = sum(1 for labels in found if dict(labels)["instance"] == "chat-1")
    assert len(found) == 2 * one


def test_a_series_with_several_samples_has_them_oldest_first_and_no_others() -> None:
    writer = RemoteWriter({"job": "tagent"})
    found = read_back(writer.body([sample(NOW + 5, 0), sample(NOW - 5, 3), sample(NOW, 4)]))
    by_name = {dict(labels)["__name__"]: values for labels, values in found.items()}
    assert [value for _, value in by_name["tagent_window_requests"]] == [3.0, 4.0, 0.0]
    at = [stamp for stamp, _ in by_name["tagent_window_request_duration_seconds_sum"]]
    assert at == [1_799_999_995_000, 1_800_000_000_000]

"""Which Cloud Run service is meant."""

from __future__ import annotations

import pytest
from google.cloud import run_v2

from tagent_contract.reports import Place
from tagent_platform.adapters.runtime.cloud_run.places import (
    MappingError,
    Places,
    RunService,
    belongs,
    read_mapping,
)
from tagent_platform.ports.runtime import ServiceNotThereError

PLACES = Places("acme", "europe-north1", read_mapping("front=web", "acme", "europe-north1"))
REPORTED = Place(runtime="cloud_run", service="chat-run", project="acme", region="us-central1")


def test_a_sidecars_word_says_where() -> None:
    found = PLACES.find("chat", [REPORTED])
    assert found is not None
    assert found.path == "projects/acme/locations/us-central1/services/chat-run"
    assert not found.is_given


def test_the_settings_word_goes_before_it() -> None:
    assert PLACES.find("front", [REPORTED]) == RunService(
        "acme", "europe-north1", "web", is_given=True
    )


def test_what_a_sidecar_leaves_out_is_the_platforms_own() -> None:
    found = PLACES.find("chat", [Place(runtime="cloud_run", service="chat")])
    assert found == RunService("acme", "europe-north1", "chat")


def test_who_is_elsewhere_is_not_on_cloud_run() -> None:
    assert PLACES.find("chat", []) is None
    assert PLACES.find("chat", [Place(runtime="kubernetes", service="chat")]) is None


def test_another_project_is_out_of_bounds() -> None:
    with pytest.raises(ServiceNotThereError, match="project other"):
        PLACES.find("chat", [Place(runtime="cloud_run", service="chat", project="other")])


def test_a_mapping_names_services_here_or_by_their_whole_path() -> None:
    text = " a=b , c=projects/p/locations/r/services/s,"
    assert read_mapping(text, "acme", "north") == {
        "a": RunService("acme", "north", "b", is_given=True),
        "c": RunService("p", "r", "s", is_given=True),
    }
    assert read_mapping("", "acme", "north") == {}


@pytest.mark.parametrize(
    "text", ["a", "a=", "=b", "a=B", "a=projects/p/services/s", "a=b/c", "a=b;c=d"]
)
def test_what_is_no_mapping_is_named(text: str) -> None:
    with pytest.raises(MappingError, match="is not SERVICE=NAME"):
        read_mapping(text, "acme", "north")


def _run_service(name: str = "web", **container: object) -> run_v2.Service:
    template = run_v2.RevisionTemplate(containers=[run_v2.Container(**container)])
    return run_v2.Service(name=f"projects/p/locations/r/services/{name}", template=template)


@pytest.mark.parametrize(
    ("found", "is_it"),
    [
        (_run_service("chat"), True),
        (_run_service(), False),
        (_run_service(env=[run_v2.EnvVar(name="TAGENT_SERVICE", value="chat")]), True),
        (_run_service(env=[run_v2.EnvVar(name="TAGENT_SERVICE", value="billing")]), False),
        (_run_service(args=["run", "--service", "chat"]), True),
        (_run_service(command=["tagent-sidecar"], args=["run", "--service=chat"]), True),
        (_run_service(args=["run", "--service", "billing", "chat"]), False),
    ],
)
def test_a_cloud_run_service_says_whose_it_is(found: run_v2.Service, is_it: bool) -> None:
    assert belongs(found, "chat") is is_it

"""Experiments read from their files."""

from __future__ import annotations

from pathlib import Path

import pytest
import yaml

from chaostagent.catalog import (
    CatalogError,
    aimed_at,
    choose,
    own_folder,
    read_catalog,
    read_experiment,
    without,
)

pytestmark = pytest.mark.integration
SERVICES = ("chat-service", "demo-service", "shop", "summary-service")


@pytest.fixture(autouse=True)
def nothing_set(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("TAGENT_EXPERIMENT_SERVICE", "TTL_S"):
        monkeypatch.delenv(name, raising=False)


def test_the_catalog_is_named_by_its_hypotheses_and_says_what_each_is_about() -> None:
    catalog = read_catalog(own_folder(), {})
    assert len(catalog) >= 13
    for name, experiment in catalog.items():
        assert experiment.path.stem == name
        assert experiment.hypothesis.endswith(".")
        assert experiment.declared.services(SERVICES)
    must_fail = [each for each in catalog.values() if "must-fail" in each.tags]
    assert [(each.name, each.declared.weight) for each in must_fail] == [
        ("bad-healer-is-caught", 0.0)
    ]


def test_every_file_carries_all_controls_in_their_order_and_plays_its_rollbacks() -> None:
    for path in own_folder().glob("*.yaml"):
        content = yaml.safe_load(path.read_text())
        named = [each["provider"]["module"].rpartition(".")[2] for each in content["controls"]]
        assert named == ["guard", "timeline", "strict", "run"], path.name
        assert content["runtime"]["rollbacks"] == {"strategy": "always"}
        assert content["rollbacks"] or path.stem == "nothing-broken-nothing-healed"


def test_variables_are_taken_with_the_type_that_the_file_gives_them() -> None:
    given = {"service": "shop", "ttl_s": "7"}
    experiment = read_experiment(own_folder() / "rate-limit-stays-where-it-is.yaml", given)
    assert experiment.declared.targets == ("shop",)
    assert experiment.variables == ("service=shop", "ttl_s:float=7")


def test_a_run_on_another_service_is_aimed_at_it() -> None:
    given = {"ttl_s": "7"}
    experiment = read_experiment(own_folder() / "rate-limit-stays-where-it-is.yaml", given)
    assert aimed_at(experiment, ("chat-service",), SERVICES) is experiment
    aimed = aimed_at(experiment, ("shop",), SERVICES)
    assert aimed.declared.targets == ("shop",)
    assert sorted(aimed.variables) == ["service=shop", "ttl_s:float=7"]
    with pytest.raises(CatalogError, match="cannot be run on demo-service, shop"):
        aimed_at(experiment, ("demo-service", "shop"), SERVICES)
    everywhere = read_experiment(own_folder() / "halt-stops-everything.yaml", {})
    assert aimed_at(everywhere, SERVICES, SERVICES) is everywhere


def test_some_are_chosen_by_name_and_tag_and_some_left_out() -> None:
    catalog = read_catalog(own_folder(), {})
    assert [each.name for each in choose(catalog, (), ("hang",), {})] == [
        "hang-is-detected-and-cured"
    ]
    left = without(catalog, ("same-machine",))
    assert set(catalog) - set(left) == {
        "platform-death-ends-faults-by-lease", "sidecar-death-is-noticed"
    }  # fmt: skip
    with pytest.raises(CatalogError, match="did you mean error-is-cured-by-restart"):
        choose(catalog, ("error-is-cured",), (), {})
    with pytest.raises(CatalogError, match="no experiment has a variable nosuch"):
        choose(catalog, (), (), {"nosuch": "1"})


@pytest.mark.parametrize(
    ("name", "text", "said"),
    [
        ("x.yaml", "title: [", "cannot be read"),
        ("x.yaml", "- 1", "holds no experiment"),
        ("x.yaml", "{title: t, description: d, method: []}", "it needs `extensions:"),
        (
            "y.yaml",
            "{title: t, description: d, method: [], extensions: [{name: tagent, experiment: x, targets: [a]}]}",
            "its extension says experiment x, its file's name y",
        ),
        (
            "x.yaml",
            "{title: t, description: d, method: [], extensions: [{name: tagent, experiment: x, targets: []}]}",
            "targets",
        ),
        (
            "x.yaml",
            "{title: t, description: d, extensions: [{name: tagent, experiment: x, targets: [a]}]}",
            "method",
        ),
    ],
)
def test_a_file_that_is_no_experiment_is_named_with_what_is_wrong(
    tmp_path: Path, name: str, text: str, said: str
) -> None:
    path = tmp_path / name
    path.write_text(text)
    with pytest.raises(CatalogError, match=said) as raised:
        read_experiment(path, {})
    assert str(path) in str(raised.value)

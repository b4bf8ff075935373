"""Experiments by their names: read from their files, checked, and described to the platform."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import yaml
from chaoslib import convert_vars, substitute
from chaoslib.configuration import load_configuration
from chaoslib.exceptions import ChaosException
from chaoslib.experiment import ensure_experiment_is_valid

from chaostagent.judgement.declaration import Declaration, DeclarationError, declaration_of
from tagent_contract.experiments import ExperimentInfo

SUFFIXES = (".yaml", ".yml", ".json")
LINE_MAX = 1000


class CatalogError(Exception):
    """An experiment that is not there, or not one; the text says which, and what is wrong."""


@dataclass(frozen=True, slots=True)
class Experiment:
    """An experiment's file, and what it declares with the given variables."""

    path: Path
    title: str
    hypothesis: str
    tags: tuple[str, ...]
    declared: Declaration
    variables: tuple[str, ...] = ()
    """What was given for its configuration, as `chaos run --var` takes it: `name:type=value`."""

    @property
    def name(self) -> str:
        """Return the name of its hypothesis."""
        return self.declared.experiment

    def info(self, services: Sequence[str]) -> ExperimentInfo:
        """Return what the platform is to know of it."""
        return ExperimentInfo(
            name=self.name,
            title=self.title[:LINE_MAX],
            hypothesis=self.hypothesis[:LINE_MAX],
            targets=self.declared.services(services),
            tags=self.tags,
            weight=self.declared.weight,
            wanted=self.declared.verdict,
        )


def own_folder() -> Path:
    """Return the folder of the catalog that comes with this package: inside it, or in a checkout beside its source."""
    inside = Path(__file__).with_name("catalog")
    return inside if inside.is_dir() else Path(__file__).parents[2] / "catalog"


def read_catalog(folder: Path, variables: Mapping[str, str]) -> dict[str, Experiment]:
    """Return the folder's experiments by name. Raises CatalogError."""
    if not folder.is_dir():
        raise CatalogError(f"{folder} is no folder of experiments")
    files = sorted(path for path in folder.iterdir() if path.suffix in SUFFIXES)
    found = [read_experiment(path, variables) for path in files]
    return {experiment.name: experiment for experiment in found}


def read_experiment(path: Path, variables: Mapping[str, str]) -> Experiment:
    """Return a checked experiment. Raises CatalogError naming the file and what is wrong with it."""
    content = _parse(path)
    try:
        pairs = _typed(content.get("configuration") or {}, variables)
        configuration = load_configuration(
            content.get("configuration") or {}, convert_vars(list(pairs))
        )
        declared = declaration_of(
            {"extensions": substitute(content.get("extensions"), configuration, {})}
        )
        ensure_experiment_is_valid(content)
    except (
        ChaosException,
        DeclarationError,
        TypeError,
        KeyError,
        AttributeError,
        ValueError,
    ) as error:
        raise CatalogError(f"{path}: {error or type(error).__name__}") from error
    if declared is None:
        raise CatalogError(
            f"{path}: it needs `extensions: [{{name: tagent, experiment: {path.stem}, targets: [...]}}]`"
        )
    if declared.experiment != path.stem:
        raise CatalogError(
            f"{path}: its extension says experiment {declared.experiment}, its file's name {path.stem}"
        )
    return Experiment(
        path=path,
        title=str(content["title"]),
        hypothesis=" ".join(str(content["description"]).split()),
        tags=tuple(str(tag) for tag in content.get("tags") or ()),
        declared=declared,
        variables=pairs,
    )


def _typed(configuration: Mapping[str, Any], variables: Mapping[str, str]) -> tuple[str, ...]:
    """Return those of the variables that the experiment has, each with the type that the file gives it."""
    found = []
    for name, value in variables.items():
        if name in configuration:
            declared = configuration[name]
            kind = declared.get("env_var_type") if isinstance(declared, Mapping) else None
            found.append(f"{name}:{kind}={value}" if kind else f"{name}={value}")
    return tuple(found)


def _parse(path: Path) -> dict[str, Any]:
    try:
        content = yaml.safe_load(path.read_text(encoding="utf-8"))
    except OSError as error:
        raise CatalogError(f"{path}: {error.strerror}") from error
    except (yaml.YAMLError, UnicodeDecodeError) as error:
        raise CatalogError(f"{path} cannot be read: {' '.join(str(error).split())}") from error
    if not isinstance(content, dict):
        raise CatalogError(f"{path} holds no experiment")
    return content


def without(catalog: Mapping[str, Experiment], tags: Iterable[str]) -> dict[str, Experiment]:
    """Return the experiments that have none of these tags: neither run nor made known, they count for nothing."""
    left_out = set(tags)
    return {name: each for name, each in catalog.items() if left_out.isdisjoint(each.tags)}


def aimed_at(experiment: Experiment, targets: Sequence[str], services: Sequence[str]) -> Experiment:
    """Return the experiment for the services that a run has reserved, by its variable `service`. Raises CatalogError when it cannot be about them.

    `services` are those that the platform knows.
    """
    if set(experiment.declared.services(services)) == set(targets):
        return experiment
    given = dict(_name_and_value(pair) for pair in experiment.variables)
    if len(targets) == 1:
        aimed = read_experiment(experiment.path, {**given, "service": targets[0]})
        if set(aimed.declared.services(services)) == set(targets):
            return aimed
    raise CatalogError(f"{experiment.name} cannot be run on {', '.join(targets)}")


def _name_and_value(pair: str) -> tuple[str, str]:
    name, _, value = pair.partition("=")
    return name.partition(":")[0], value


def choose(
    catalog: Mapping[str, Experiment],
    wanted: Sequence[str],
    tags: Iterable[str],
    variables: Mapping[str, str],
) -> list[Experiment]:
    """Return the experiments of these names or files, else all, with any of the tags if there are any. Raises CatalogError."""
    chosen = (
        [_one(catalog, word, variables) for word in wanted] if wanted else list(catalog.values())
    )
    asked = set(tags)
    found = [each for each in chosen if not asked or asked & set(each.tags)]
    used = {_name_and_value(pair)[0] for each in found for pair in each.variables}
    if found and set(variables) - used:
        raise CatalogError(
            f"no experiment has a variable {', '.join(sorted(set(variables) - used))}"
        )
    if not found:
        raise CatalogError(
            f"no experiment has the tag {' or '.join(sorted(asked))}"
            if asked
            else "the catalog is empty"
        )
    return found


def _one(catalog: Mapping[str, Experiment], word: str, variables: Mapping[str, str]) -> Experiment:
    if word in catalog:
        return catalog[word]
    path = Path(word)
    if path.suffix in SUFFIXES:
        return read_experiment(path, variables)
    from difflib import get_close_matches

    near = get_close_matches(word, catalog, n=2, cutoff=0.4)
    hint = (
        f"; did you mean {' or '.join(near)}?"
        if near
        else "; `tagent chaos list` shows what there is"
    )
    raise CatalogError(f"there is no experiment {word}{hint}")

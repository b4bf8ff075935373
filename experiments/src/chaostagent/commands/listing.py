"""`tagent chaos list`."""

from __future__ import annotations

from pathlib import Path

from chaostagent.catalog import CatalogError, own_folder, read_catalog
from tagent_client.cli import screen
from tagent_client.cli.failures import WrongUsageError
from tagent_client.cli.session import open_client
from tagent_client.cli.views.sheet import Cell, Sheet
from tagent_client.errors import TagentError
from tagent_contract.experiments import ExperimentView, Verdict


def show_catalog(folder: Path | None, *, json: bool) -> None:
    """Show the catalog; without a platform, without verdicts. Raises WrongUsageError."""
    try:
        catalog = read_catalog(folder or own_folder(), {})
    except CatalogError as error:
        raise WrongUsageError(str(error)) from error
    known = _known()
    if json:
        screen.show_json(
            {
                "items": [
                    {**_described(each), "last": _last(known.get(each.name))}
                    for each in catalog.values()
                ]
            }
        )
        return
    rows = [
        (
            Cell(each.name, "strong"),
            _verdict(_last(known.get(each.name))),
            ", ".join(each.declared.targets),
            ", ".join(each.tags),
            each.hypothesis,
        )
        for each in catalog.values()
    ]
    headings = ("EXPERIMENT", "LAST", "TARGETS", "TAGS", "HYPOTHESIS")
    screen.show_sheet(
        Sheet(headings, list(rows), wide=frozenset({"HYPOTHESIS"}), optional=("TAGS", "TARGETS"))
    )


def _described(experiment: object) -> dict[str, object]:
    from chaostagent.catalog import Experiment

    assert isinstance(experiment, Experiment)  # noqa: S101
    return {
        "name": experiment.name,
        "title": experiment.title,
        "hypothesis": experiment.hypothesis,
        "targets": experiment.declared.targets,
        "tags": experiment.tags,
        "weight": experiment.declared.weight,
        "path": str(experiment.path),
    }


def _known() -> dict[str, ExperimentView]:
    try:
        with open_client() as client:
            return {each.name: each for each in client.experiments.all()}
    except TagentError:
        return {}


def _last(view: ExperimentView | None) -> str:
    ended = [run.verdict for run in view.runs if run.verdict is not None] if view else []
    return ended[0].value if ended else ""


def _verdict(verdict: str) -> Cell:
    if not verdict:
        return Cell("never run", "dim")
    return Cell(verdict, "good" if verdict == Verdict.PASSED else "bad")

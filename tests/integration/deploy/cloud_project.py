"""A Google Cloud project on disk, which the fake `gcloud`, `curl` and `docker` act on, and the scripts of deploy/gcloud run against it."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from tests.fakes.terraform_provider.workshop import ROOT

SCRIPTS = ROOT / "deploy" / "gcloud"
FAKES = ROOT / "tests" / "fakes" / "gcloud"
PERMISSIONS_FORMERLY = "no.such.permission\n"
KEPT = (
    "apis",
    "accounts",
    "known",
    "policies",
    "secrets",
    "run",
    "images",
    "firestore",
    "repository",
)
NAME = "a-project"
IMAGES = f"us-central1-docker.pkg.dev/{NAME}/tagent"
CHAT = ("--service", "chat", "--app-image", f"{IMAGES}/chat:latest")


@dataclass(frozen=True)
class Ended:
    """How a script ended."""

    returncode: int
    out: str
    err: str


class CloudProject:
    """One project with billing, an owner who is signed in, and nothing else."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        (folder / "bin").mkdir(parents=True)
        # Without the detour by a version manager's script, which takes ten times as long.
        (folder / "bin" / "python3").symlink_to(Path(sys.executable).resolve())
        for name in ("policies", "secrets", "run", "firestore"):
            (folder / name).mkdir(parents=True)
        for name in ("project", "billing", "apis", "accounts", "known", "log"):
            (folder / name).touch()
        self.write("account", "you@example.com\n")
        self.write("denied", PERMISSIONS_FORMERLY)
        self.write("quota.cpu", "20000\n")
        images = [
            f"us-central1-docker.pkg.dev/{NAME}/tagent/{part}:latest"
            for part in ("platform", "dashboard", "sidecar", "chat")
        ]
        self.write(
            "images",
            "".join(f"{image} sha256:{index:064x}\n" for index, image in enumerate(images)),
        )

    def copy(self, folder: Path) -> CloudProject:
        """Return another project that is as this one is now."""
        shutil.copytree(
            self.folder, folder, symlinks=True, ignore=shutil.ignore_patterns("snapshots")
        )
        other = object.__new__(CloudProject)
        other.folder = folder
        other.forget_calls()
        return other

    def write(self, name: str, text: str) -> None:
        (self.folder / name).write_text(text)

    def read(self, name: str) -> str:
        path = self.folder / name
        return path.read_text() if path.exists() else ""

    def remove(self, name: str) -> None:
        (self.folder / name).unlink()

    def run(self, script: str, *arguments: str, stdin: str = "") -> Ended:
        """Run one of the scripts; `--project` is added where it is not among the arguments."""
        given = (
            arguments
            if any(each.startswith("--project") for each in arguments)
            else ("--project", NAME, *arguments)
        )
        return self.shell([str(SCRIPTS / script), *given], stdin)

    def shell(
        self, command: list[str], stdin: str = "", env: Mapping[str, str] | None = None
    ) -> Ended:
        ended = subprocess.run(
            command,
            input=stdin,
            capture_output=True,
            text=True,
            timeout=60,
            env={
                "PATH": f"{FAKES}:{self.folder / 'bin'}:{os.environ['PATH']}",
                "HOME": str(self.folder),
                "FAKE_GCLOUD": str(self.folder),
                "TAGENT_RETRY_S": "0",
                "TAGENT_TRIES": "5",
                **(env or {}),
            },
        )
        return Ended(ended.returncode, ended.stdout, ended.stderr)

    @property
    def calls(self) -> list[list[str]]:
        return [line.split("\t")[:-1] for line in self.read("log").splitlines()]

    @property
    def changes(self) -> int:
        return int(self.read("changes") or 0)

    def forget_calls(self) -> None:
        self.write("log", "")
        self.write("changes", "0\n")

    def state(self) -> dict[str, str]:
        """Return everything that is there; a secret's values only by their number, since they are random."""
        found = {}
        for name in KEPT:
            path = self.folder / name
            for file in sorted(path.rglob("*") if path.is_dir() else [path]):
                if file.is_file() and name != "known":
                    text = file.read_text()
                    found[str(file.relative_to(self.folder))] = (
                        f"{len(text.splitlines())} values"
                        if name == "secrets"
                        else "\n".join(sorted(text.splitlines()))
                    )
        return found

    def take_snapshots(self) -> None:
        shutil.rmtree(self.folder / "snapshots", ignore_errors=True)
        (self.folder / "snapshots").mkdir()

    def at_snapshot(self, number: int, folder: Path) -> CloudProject:
        """Return another project as this one was before the change of that number."""
        copy = CloudProject(folder)
        for name in KEPT:
            source = self.folder / "snapshots" / str(number) / name
            target = folder / name
            if target.is_dir():
                shutil.rmtree(target)
            if source.is_dir():
                shutil.copytree(source, target)
            elif source.exists():
                shutil.copyfile(source, target)
        return copy


def ok(ended: Ended) -> Ended:
    """Return it if it went well."""
    assert ended.returncode == 0, ended.out + ended.err
    assert ended.err == ""
    return ended

"""Terraform, offline: the stub provider and the environment it runs in, made when first asked for and again when something changed."""

from __future__ import annotations

import fcntl
import hashlib
import json
import os
import re
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from tests.fakes.terraform_provider.cdktf_sources import read_sources
from tests.fakes.terraform_provider.schema import read_schema

ROOT = Path(__file__).resolve().parents[3]
TERRAFORM_FOLDER = ROOT / "terraform"
LOCK = ROOT / "requirements" / "terraform-tests.lock"
HOME = ROOT / ".venv-terraform"
HERE = Path(__file__).resolve().parent
_NAMED = re.compile(r'^\s*(resource|data)\s+"(google_\w+)"', re.MULTILINE)
KNOWN_ANYWAY = ("google_secret_manager_secret_version",)
"""What our folder must not use, and a test's mutated copy does."""
_TIMEOUT_S = 100


@dataclass(frozen=True)
class Result:
    """What a command said and how it ended."""

    returncode: int
    output: str


@dataclass(frozen=True)
class Terraform:
    """The real command; its provider is a process that runs already, which saves starting one for each command and run."""

    provider: str
    """What `TF_REATTACH_PROVIDERS` says."""
    scratch: Path

    def run(self, folder: Path, *arguments: str) -> Result:
        """Run `terraform ARGUMENTS` in a folder, whose modules are looked up once, outside of it."""
        data_dir = self.scratch / hashlib.sha256(str(folder).encode()).hexdigest()[:12]
        if not data_dir.exists() and arguments[0] != "fmt":
            got = self._call(folder, data_dir, ["get", "-no-color"])
            if got.returncode != 0:
                return got
        return self._call(folder, data_dir, arguments)

    def _call(self, folder: Path, data_dir: Path, arguments: Sequence[str]) -> Result:
        env = {
            "PATH": os.environ["PATH"],
            "HOME": str(self.scratch),
            "TF_CLI_CONFIG_FILE": os.devnull,
            "TF_DATA_DIR": str(data_dir),
            "TF_IN_AUTOMATION": "1",
            "TF_REATTACH_PROVIDERS": self.provider,
            "CHECKPOINT_DISABLE": "1",
        }
        ended = subprocess.run(
            ["terraform", *arguments],
            cwd=folder,
            env=env,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            timeout=_TIMEOUT_S,
        )
        return Result(ended.returncode, ended.stdout)


def missing() -> str | None:
    """Return why Terraform cannot be run here, or None."""
    if shutil.which("terraform") is None:
        return "there is no terraform on this machine"
    return None


@contextmanager
def offline_terraform(scratch: Path) -> Iterator[Terraform]:
    """Yield Terraform with a provider that knows every type that our folder names; safe for several processes at once."""
    with _alone():
        python = _environment()
        schema = _schema(_named_types(TERRAFORM_FOLDER))
        known = scratch / "schema.json"
        shutil.copyfile(schema, known)
    # A socket's path is short, or it cannot be.
    with tempfile.TemporaryDirectory() as folder:
        socket = f"{folder}/provider"
        process = subprocess.Popen(
            [python, "-I", HERE / "plugin.py", known, socket],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
        )
        assert process.stdin is not None
        assert process.stdout is not None
        try:
            assert process.stdout.readline() == "ready\n", "the stub provider did not start"
            address = {"Network": "unix", "String": socket}
            reattach = {
                "Protocol": "grpc",
                "ProtocolVersion": 6,
                "Pid": process.pid,
                "Test": True,
                "Addr": address,
            }
            yield Terraform(json.dumps({"hashicorp/google": reattach}), scratch)
        finally:
            process.stdin.close()
            process.stdout.close()
            process.wait(timeout=10)


@contextmanager
def _alone() -> Iterator[None]:
    # Not `.lock`: that is the name of uv's own.
    HOME.mkdir(exist_ok=True)
    with (HOME / ".one-at-a-time").open("w") as file:
        fcntl.flock(file, fcntl.LOCK_EX)
        yield


def _environment() -> Path:
    """Install what the lock names into `.venv-terraform`, unless that is done."""
    python = HOME / "bin" / "python"
    done = HOME / ".installed"
    wanted = hashlib.sha256(LOCK.read_bytes()).hexdigest()
    if done.is_file() and done.read_text() == wanted and python.exists():
        return python
    uv = Path(sys.prefix) / "bin" / "uv"
    env = {**os.environ, "VIRTUAL_ENV": str(HOME)}
    install = ["pip", "install", "-q", "--no-deps", "--require-hashes", "-r", str(LOCK)]
    for arguments in (["venv", "-q", "--allow-existing", "-p", sys.executable, str(HOME)], install):
        subprocess.run([uv, *arguments], env=env, check=True, timeout=_TIMEOUT_S)
    done.write_text(wanted)
    return python


def _schema(types: Sequence[str]) -> Path:
    """Write the schema of these types, unless it is there; a type that the provider lacks is left out, as in the provider."""
    parts = [LOCK, HERE / "schema.py", HERE / "cdktf_sources.py"]
    content = b"".join(part.read_bytes() for part in parts) + " ".join(types).encode()
    path = HOME / f"schema-{hashlib.sha256(content).hexdigest()[:16]}.json"
    if not path.exists():
        archive = next(
            HOME.glob("lib/python*/site-packages/cdktf_cdktf_provider_google/_jsii/*.tgz")
        )
        blocks = {name: read_schema(each) for name, each in read_sources(archive, types).items()}
        whole = {
            "provider": blocks.pop("provider"),
            "resources": {name: block for name, block in blocks.items() if "." not in name},
            "data": {
                name.partition(".")[2]: block for name, block in blocks.items() if "." in name
            },
        }
        for old in HOME.glob("schema-*.json"):
            old.unlink()
        path.write_text(json.dumps(whole))
    return path


def _named_types(folder: Path) -> list[str]:
    named = {"provider", *KNOWN_ANYWAY}
    for path in sorted(folder.rglob("*.tf")):
        for kind, name in _NAMED.findall(path.read_text()):
            named.add(name if kind == "resource" else f"data.{name}")
    return sorted(named)

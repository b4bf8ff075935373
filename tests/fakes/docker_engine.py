"""A real Docker engine on a private socket, with a base image, for as long as the tests need it."""

from __future__ import annotations

import os
import shutil
import subprocess
import tempfile
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
TOOLS = Path(os.environ.get("TAGENT_TEST_TOOLS", ROOT.parent / "shared" / "tools"))
ABSENT = 3
"""How the tool ends where no engine can be had."""
BASE = "tagent-test-base:local"
LIBSTDCXX = Path("/usr/lib") / f"{os.uname().machine}-linux-gnu" / "libstdc++.so.6"
"""Of this host. The official image of Python has it through apt; the tool's smaller base has not, and numpy needs it."""


class NotHereError(Exception):
    """No engine can be had on this machine; the text says why."""


@dataclass(frozen=True, slots=True)
class Engine:
    """An engine that runs. `environment` makes `docker` and `docker-compose` talk to it."""

    host: str
    base: str

    @property
    def environment(self) -> dict[str, str]:
        kept = {name: value for name, value in os.environ.items() if not name.startswith("TAGENT_")}
        return {**kept, "DOCKER_HOST": self.host, "TAGENT_BASE_IMAGE": self.base}

    def docker(self, *arguments: str, timeout_s: float = 60.0) -> str:
        """Run `docker`, which must succeed, and return what it says."""
        return self.run("docker", *arguments, timeout_s=timeout_s).stdout.strip()

    def run(
        self, *command: str, timeout_s: float = 60.0, check: bool = True, **more: str
    ) -> subprocess.CompletedProcess[str]:
        """Run a command against the engine, in the repository; `more` are variables."""
        done = subprocess.run(
            command, cwd=ROOT, env={**self.environment, **more}, capture_output=True, text=True, timeout=timeout_s,
            check=False, stdin=subprocess.DEVNULL,
        )  # fmt: skip
        assert not check or done.returncode == 0, (
            f"{command}: {done.stdout[-2000:]}{done.stderr[-4000:]}"
        )
        return done

    def process_of(self, container: str, *words: str) -> int:
        """Return the host's process id of a container's process 1, or of the one whose command line ends with these words."""
        if not words:
            return int(self.docker("inspect", "--format", "{{.State.Pid}}", container))
        (pid,) = self.processes_of(container, *words)
        return pid

    def processes_of(self, container: str, *words: str) -> list[int]:
        """Return the host's process ids of a container's processes whose command line ends with these words, without the sidecar."""
        lines = [line.split() for line in self.docker("top", container, "-eo", "pid,args").splitlines()[1:]]  # fmt: skip
        return [
            int(line[0])
            for line in lines
            if tuple(line[-len(words) :]) == words and not any("tagent-sidecar" in word for word in line)
        ]  # fmt: skip


@contextmanager
def docker_engine() -> Iterator[Engine]:
    """Give an engine with a base image; one that runs already when `TAGENT_TEST_DOCKER_HOST` names it. Raises NotHereError."""
    present = os.environ.get("TAGENT_TEST_DOCKER_HOST")
    if present:
        yield Engine(present, os.environ["TAGENT_BASE_IMAGE"])
        return
    tool = TOOLS / "docker-engine"
    if not tool.is_file():
        raise NotHereError(f"there is no {tool.name} in ../shared/tools")
    # Not under pytest's folder: a socket's path may have 107 characters.
    folder = Path(tempfile.mkdtemp(prefix="tagent-docker-"))
    try:
        yield _started(tool, folder)
    finally:
        subprocess.run([tool, "stop", str(folder)], check=True, timeout=120)
        shutil.rmtree(folder, ignore_errors=True)


def _started(tool: Path, folder: Path) -> Engine:
    started = subprocess.run(
        [tool, "start", str(folder)], capture_output=True, text=True, timeout=300, check=False
    )
    if started.returncode == ABSENT:
        raise NotHereError(started.stderr.strip().splitlines()[-1])
    assert started.returncode == 0, started.stderr
    engine = Engine(f"unix://{folder}/docker.sock", BASE)
    engine.run(str(tool), "base", "tagent-test-bare:local", timeout_s=300)
    with tempfile.TemporaryDirectory() as context:
        shutil.copy(LIBSTDCXX.resolve(), Path(context) / LIBSTDCXX.name)
        recipe = f"FROM tagent-test-bare:local\nCOPY {LIBSTDCXX.name} {LIBSTDCXX.parent}/\n"
        (Path(context) / "Dockerfile").write_text(recipe)
        engine.docker("build", "-q", "-t", BASE, context)
    return engine


@dataclass(frozen=True, slots=True)
class Image:
    """One of ours: how it is built, and which packages of ours are in it."""

    name: str
    dockerfile: str
    target: str = ""

    def build(self, engine: Engine) -> float:
        """Build it and return how long that took."""
        began = time.monotonic()
        target = ["--target", self.target] if self.target else []
        arguments = ["--build-arg", f"BASE={engine.base}", "--build-arg", "REVISION=unknown"]
        engine.docker(
            "build", "-q", "-f", f"deploy/images/{self.dockerfile}.Dockerfile", "-t", self.name, *arguments, *target, ".",
            timeout_s=600,
        )  # fmt: skip
        return time.monotonic() - began


IMAGES = (
    Image("tagent-dashboard:local", "dashboard"),
    Image("tagent-platform:local", "platform"),
    Image("tagent-samples-behind-sidecar:local", "samples", "behind-sidecar"),
    Image("tagent-sidecar:local", "sidecar"),
)


def build_images(engine: Engine) -> dict[str, float]:
    """Build all images, as many at a time as there are, and return how long each took."""
    with ThreadPoolExecutor(len(IMAGES)) as pool:
        took = dict(zip((image.name for image in IMAGES), pool.map(lambda image: image.build(engine), IMAGES), strict=True))  # fmt: skip
    plain = Image("tagent-samples:local", "samples")
    return {**took, plain.name: plain.build(engine)}


def make_wheels() -> None:
    """Fetch what the images are built from; a build here has no network."""
    subprocess.run(["make", "-s", "-j2", "wheels"], cwd=ROOT, check=True, timeout=600, stdin=subprocess.DEVNULL)  # fmt: skip

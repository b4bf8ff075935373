"""The command lines of the guides, as words."""

from __future__ import annotations

import re
import shlex

from tests.fakes.terraform_provider.workshop import ROOT

GUIDES = ["docs/gcp_setup.md", "docs/manual_deploy_guide.md", "terraform/README.md"]
KNOWN = {
    "PROJECT": "a-project",
    "REGION": "us-central1",
    "TAGENT_URL": "https://tagent-platform-1.us-central1.run.app",
}


def blocks(guide: str) -> list[str]:
    """Return the command lines of a guide, in order; what is shown inside a sentence is none."""
    text = (ROOT / guide).read_text()
    text = re.sub(r"^```.*?^```$", "", text, flags=re.MULTILINE | re.DOTALL)
    return [line.strip() for line in text.splitlines() if line.startswith("    ") and line.strip()]


def commands(guide: str) -> list[list[str]]:
    """Return each command's words, those in pipes and substitutions too, with variables as a person sets them."""
    values = dict(KNOWN)
    found: list[list[str]] = []
    for whole in blocks(guide):
        line = re.sub(r"\s+#(?= ).*$", "", whole)
        for inner in re.findall(r"\$\(([^()]*(?:\([^()]*\)[^()]*)*)\)", line):
            found.append(words_of(inner, values))
            line = line.replace(f"$({inner})", "found")
        if match := re.match(r"export (\w+)=(.*)", line):
            values.setdefault(match[1], words_of(match[2], values)[0])
        found += [words_of(part, values) for part in line.split(" | ")]
    return found


def words_of(line: str, values: dict[str, str]) -> list[str]:
    def value(match: re.Match[str]) -> str:
        assert match[1] in values, f"{match[1]} is used before it is set: {line}"
        return values[match[1]]

    return shlex.split(re.sub(r"\$(\w+)", value, line))

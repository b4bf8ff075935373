"""Each module that decides something has its test file, where one looks for it."""

from __future__ import annotations

from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
PURE = {
    "sidecar/src/tagent_sidecar": ("faults", "health", "telemetry"),
    "platform/src/tagent_platform": ("core",),
    "contract/src/tagent_contract": ("",),
}
DECLARATIONS_ONLY = {
    # These hold types without behaviour; the golden examples in tests/wire parse every one of them.
    "contract": {
        "names",
        "experiments",
        "health",
        "policy",
        "plan",
        "reports",
        "incidents",
        "events",
        "problems",
        "services",
    },
    "platform": {"records", "happenings"},
}


def test_each_pure_module_has_its_test_file() -> None:
    missing = []
    for source, folders in PURE.items():
        part = source.split("/")[0]
        for folder in folders:
            for module in sorted((ROOT / source / folder).rglob("*.py")):
                if module.name == "__init__.py" or module.stem in DECLARATIONS_ONLY.get(
                    part, set()
                ):
                    continue
                inside = module.relative_to(ROOT / source).parent
                test = ROOT / "tests/unit" / part / inside / f"test_{module.stem}.py"
                if not test.is_file():
                    missing.append(str(test.relative_to(ROOT)))
    assert missing == []

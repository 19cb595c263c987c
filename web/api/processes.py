"""Processes and decisions: what is deployed, in which versions, and the files themselves."""

from __future__ import annotations

import re

from flask import Response, make_response, request

from engine import definitions
from engine.definitions import DECISION, PROCESS, Definition
from engine.transaction import Transaction
from web.api import answers
from web.api.operations import FLAG, INSTANT, TEXT, WHOLE, api, maybe, operation, page_of, record
from web.product import product
from web.sign_in import need_user
from workflows import catalogue

VERSION = record(key=TEXT, version=WHOLE, name=TEXT, kind=TEXT, file=TEXT, deployed_at=INSTANT, deployed_by=TEXT)
PROCESS_ROW = record(key=TEXT, version=WHOLE, name=TEXT, name_en=TEXT, kind=TEXT, public=FLAG, start_form=maybe(TEXT))


@api.get("/processes")
@operation("Processes and decisions in their newest versions", scope="cases:read", answers={200: page_of(PROCESS_ROW)})
def list_processes() -> Response:
    """Answer what is deployed."""
    need_user()
    return answers.looked(lambda tx: answers.paged([_row(one) for one in definitions.all_latest(tx, None)]))


def _row(one: Definition) -> dict[str, object]:
    known = catalogue.process(one.key) if one.kind == PROCESS else None
    return {
        **version(one),
        "name_en": known.en if known else one.name,
        "public": known.public if known else False,
        "start_form": known.start_form if known else None,
        "clauses": known.clauses if known else (),
    }


def version(one: Definition) -> dict[str, object]:
    """Return one version as JSON."""
    return {
        "key": one.key,
        "version": one.version,
        "name": one.name,
        "kind": one.kind,
        "file": one.file,
        "digest": one.digest,
        "deployed_at": one.deployed_at,
        "deployed_by": one.deployed_by,
    }


@api.get("/processes/<key>/versions")
@operation("Every version of a process or decision, newest first", scope="cases:read", answers={200: page_of(VERSION)})
def list_versions(key: str) -> Response:
    """Answer the versions; 404 for what was never deployed."""
    need_user()

    def read(tx: Transaction) -> object:
        kind = PROCESS if definitions.find_latest(tx, key) else DECISION
        definitions.latest(tx, key, kind)
        return answers.paged([version(one) for one in definitions.versions(tx, key, kind)])

    return answers.looked(read)


@api.get("/processes/<key>/versions/<int:number>.bpmn")
@operation("A diagram as it was deployed", scope="cases:read", answers={200: TEXT}, media="application/xml")
def diagram(key: str, number: int) -> Response:
    """Answer the file of a process' version, byte by byte."""
    return _file(key, number, PROCESS)


@api.get("/processes/<key>/versions/<int:number>.dmn")
@operation("A decision as it was deployed", scope="cases:read", answers={200: TEXT}, media="application/xml")
def decision(key: str, number: int) -> Response:
    """Answer the file of a decision's version, byte by byte."""
    return _file(key, number, DECISION)


def _file(key: str, number: int, kind: str) -> Response:
    user = need_user()
    with product().engine.reading(user.name) as tx:
        content = definitions.source(tx, key, number, kind)
    response = make_response(content)
    response.content_type = "application/xml; charset=utf-8"
    ending = request.path.rpartition(".")[2]
    name = re.sub(r"[^A-Za-z0-9_.-]", "_", key)
    response.headers["Content-Disposition"] = f'attachment; filename="{name}-{number}.{ending}"'
    return response

"""Deployments: diagrams and decisions on their way in; checked as a whole, refused with every finding."""

from __future__ import annotations

from flask import Response, request

from engine import commands
from engine.errors import Forbidden, Sentence
from engine.transaction import Transaction
from web.api import answers
from web.api.operations import FLAG, RECORD, TEXT, Field, api, listed, operation, record
from web.api.processes import VERSION, version
from web.idempotency import Answer
from web.problems import NotUnderstood, finding
from web.product import product
from web.sign_in import need_user
from workflows import audit
from workflows.organisation import User

FILES = 50
TRUE = ("1", "true", "yes", "on")


@api.post("/deployments")
@operation(
    "Deploy diagrams and decisions together",
    scope="processes:deploy",
    body={
        "files": Field({"type": "array", "items": {"type": "string", "format": "binary"}}, required=True),
        "dry_run": Field(FLAG),
        "note": Field(TEXT),
    },
    answers={201: record(versions=listed(VERSION), findings=listed(RECORD)), 200: record(findings=listed(RECORD))},
    multipart=True,
)
def deploy() -> Response:
    """Deploy the files: 201 with versions, or 422 with every finding and nothing deployed. A dry run: 200."""
    user = need_user()
    if not may_deploy(user):
        raise Forbidden(Sentence("배포할 권한이 없습니다.", "You may not deploy."))
    dry_run = request.form.get("dry_run", "").lower() in TRUE
    files = _files()

    def act(tx: Transaction) -> Answer:
        done = commands.deploy(tx, files, by=user.name, dry_run=dry_run, note=request.form.get("note", "")[:500])
        if not dry_run:
            keys = [f"{one.key} {one.version}" for one in done.definitions]
            audit.record(tx, "deployed", ", ".join(keys)[:300])
        body = {
            "deployment": done.id,
            "versions": [version(one) for one in done.definitions],
            "findings": [finding(one) for one in done.findings],
        }
        return Answer(body, 200 if dry_run else 201)

    return answers.done(act)


def may_deploy(user: User) -> bool:
    """Whether this user's files go live at once: admin, and in rehearsal the process owner too."""
    return user.has_role("admin") or (product().rehearsal and user.has_role("process_owner"))


def _files() -> dict[str, bytes]:
    """The uploaded files by their name, without any folder in it. Raises NotUnderstood."""
    parts = request.files.getlist("files")
    if not 0 < len(parts) <= FILES:
        raise NotUnderstood(
            Sentence(
                f"'files'에 파일을 1개에서 {FILES}개까지 보내 주십시오.", f"Expected 1 to {FILES} files in 'files'."
            )
        )
    found: dict[str, bytes] = {}
    for number, part in enumerate(parts, 1):
        name = (part.filename or "").replace("\\", "/").rpartition("/")[2]
        name = "".join(c for c in name if c.isprintable())[:120] or f"file-{number}.bpmn"
        if name in found:
            raise NotUnderstood(Sentence(f"같은 이름이 두 번 왔습니다: {name}", f"The name {name} came twice."))
        found[name] = part.read()
    return found

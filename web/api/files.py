"""Files of a case: taken in from its customer or staff, given out as attachments."""

from __future__ import annotations

from flask import Response, request, send_file

from engine.transaction import Transaction
from web.api import answers
from web.api.cases import visible_case
from web.api.operations import TEXT, WHOLE, Field, api, listed, operation, record
from web.api.tracking import own_case
from web.denials import denied
from web.file_store import content_of, keep
from web.idempotency import Answer
from web.product import product
from web.sign_in import current_user, need_user
from workflows import cases, notes, permissions

FILE = record(id=TEXT, filename=TEXT, size_bytes=WHOLE)
MEGABYTE = 1024 * 1024


@api.post("/cases/<no>/files")
@operation(
    "Attach files to a case",
    scope="cases:write",
    body={
        "files": Field({"type": "array", "items": {"type": "string", "format": "binary"}}, required=True),
        "token": Field(TEXT),
        "pin": Field(TEXT),
    },
    answers={201: record(files=listed(FILE))},
    multipart=True,
)
def attach(no: str) -> Response:
    """Keep files under random names; 422 on `files` for what is refused."""
    user = current_user()
    request.max_content_length = 10 * product().upload_megabytes * MEGABYTE

    def act(tx: Transaction) -> Answer:
        case = visible_case(tx, user, no) if user else own_case(tx, no, request.form)
        kept = keep(tx, case.no, request.files.getlist("files"))
        listed_files = [{"id": f.id, "filename": f.filename, "size_bytes": f.size_bytes} for f in kept]
        return Answer({"files": listed_files}, 201)

    return answers.done(act)


@api.get("/files/<file_id>")
@operation("A kept file", scope="cases:read", answers={200: TEXT}, media="application/octet-stream")
def download(file_id: str) -> Response:
    """Answer a file as an attachment, to those who may see its case."""
    user = need_user()
    with product().engine.reading(user.name) as tx:
        one = notes.file(tx, file_id)
        case = cases.find_case(tx, one.case_no)
        may_see = case is not None and permissions.may(tx, user, "see_case", case)
        if case is None or not may_see or not permissions.may_read_report(tx, user, case):
            raise denied(f"file of case {one.case_no}")
    response = send_file(
        content_of(one), mimetype="application/octet-stream", as_attachment=True, download_name=one.filename, max_age=0
    )
    response.headers["Cache-Control"] = "no-store"
    response.headers["X-Content-Type-Options"] = "nosniff"
    return response

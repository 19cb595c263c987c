"""Files of cases: checked, kept outside of what is served under a random name, given out as attachments only."""

from __future__ import annotations

import hashlib
import re
import unicodedata
from pathlib import Path
from typing import IO

from werkzeug.datastructures import FileStorage

from engine.errors import InvalidForm, NotFound, Sentence
from engine.transaction import Transaction
from web.product import product
from workflows import notes
from workflows.notes import CaseFile

MOST = 10
NAME_LENGTH = 120
ID = re.compile(r"[A-Za-z0-9_-]{20,60}")
# What a file must begin with to be what its name says; texts have no mark of their own.
KINDS: dict[str, tuple[str, tuple[bytes, ...]]] = {
    "pdf": ("application/pdf", (b"%PDF-",)),
    "png": ("image/png", (b"\x89PNG\r\n\x1a\n",)),
    "jpg": ("image/jpeg", (b"\xff\xd8\xff",)),
    "jpeg": ("image/jpeg", (b"\xff\xd8\xff",)),
    "gif": ("image/gif", (b"GIF87a", b"GIF89a")),
    "docx": ("application/vnd.openxmlformats-officedocument.wordprocessingml.document", (b"PK\x03\x04",)),
    "xlsx": ("application/vnd.openxmlformats-officedocument.spreadsheetml.sheet", (b"PK\x03\x04",)),
    "pptx": ("application/vnd.openxmlformats-officedocument.presentationml.presentation", (b"PK\x03\x04",)),
    "zip": ("application/zip", (b"PK\x03\x04",)),
    "hwp": ("application/x-hwp", (b"\xd0\xcf\x11\xe0", b"HWP Document File")),
    "hwpx": ("application/hwp+zip", (b"PK\x03\x04",)),
    "txt": ("text/plain", ()),
    "csv": ("text/csv", ()),
    "log": ("text/plain", ()),
}
# The test text that every virus scanner knows, in two parts so that none takes offence at this file.
EICAR = (r"X5O!P%@AP[4\PZX54(P^)7CC)7}$" + "EICAR-STANDARD-ANTIVIRUS-TEST-FILE").encode()
RESERVED = re.compile(r"(?i)(con|prn|aux|nul|com\d|lpt\d)(\.|$)")


def keep(tx: Transaction, case_no: str, parts: list[FileStorage]) -> list[CaseFile]:
    """Check and keep uploaded files of a case; returns their facts. Raises InvalidForm on `files`: none is kept."""
    checked = [_checked(part) for part in parts if part.filename]
    already = len(notes.files_of(tx, case_no))
    if not checked or already + len(checked) > MOST:
        raise _refused(f"파일은 1개에서 {MOST}개까지 붙일 수 있습니다.", f"Expected 1 to {MOST} files.")
    kept = []
    for name, kind, content in checked:
        digest = hashlib.sha256(content).hexdigest()
        one = notes.add_file(tx, case_no, filename=name, content_type=kind, size_bytes=len(content), sha256=digest)
        _write(one, content)
        kept.append(one)
    return kept


def content_of(one: CaseFile) -> IO[bytes]:
    """Open a kept file; raises NotFound when its bytes are gone (erased with the case)."""
    try:
        return _place(one.id).open("rb")
    except FileNotFoundError as error:
        raise NotFound(Sentence("그런 파일은 없습니다.", "There is no such file.")) from error


def _checked(part: FileStorage) -> tuple[str, str, bytes]:
    name = safe_name(part.filename or "")
    ending = name.rpartition(".")[2].lower() if "." in name else ""
    known = KINDS.get(ending)
    if known is None:
        listed = ", ".join(KINDS)
        raise _refused(f"다음 형식만 받습니다: {listed}", f"Only these kinds are taken: {listed}.")
    content = part.read()
    kind, marks = known
    if not content:
        raise _refused("빈 파일은 받을 수 없습니다.", "The file is empty.")
    if EICAR in content[:4096]:
        raise _refused("악성 파일로 의심되어 받지 않았습니다.", "The file looks like malware and was not taken.")
    if marks and not content.startswith(marks):
        raise _refused(f"{ending} 파일이 아닙니다.", f"This is no {ending} file.")
    if not marks and b"\0" in content[:4096]:
        raise _refused("글로 된 파일이 아닙니다.", "This is no text file.")
    return name, kind, content


def safe_name(name: str) -> str:
    """Return a file's own name without folders, control characters or names that a system keeps for itself."""
    if "\0" in name:
        raise _refused("파일 이름이 올바르지 않습니다.", "The file's name is not right.")
    base = unicodedata.normalize("NFC", name.replace("\\", "/").rpartition("/")[2])
    base = "".join(c for c in base if c.isprintable()).strip(" .")
    if RESERVED.match(base):
        base = f"_{base}"
    stem, dot, ending = base.rpartition(".")
    return f"{stem[:NAME_LENGTH]}{dot}{ending[:10]}" if dot else base[:NAME_LENGTH]


def _write(one: CaseFile, content: bytes) -> None:
    """Written before the commit: a file without its row is waste, a row without its file would be a lie."""
    place = _place(one.id)
    place.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
    place.write_bytes(content)


def _place(file_id: str) -> Path:
    if not ID.fullmatch(file_id):
        raise NotFound(Sentence("그런 파일은 없습니다.", "There is no such file."))
    return product().files_folder / file_id[:2] / file_id


def _refused(ko: str, en: str) -> InvalidForm:
    return InvalidForm({"files": [Sentence(ko, en)]})

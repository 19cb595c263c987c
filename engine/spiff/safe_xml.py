"""Bytes of an upload to an XML tree, or the reason why not: no document type, no entities; bounded size and depth.

The bytes are walked with expat first, which stops at a document type declaration before anything of it is read; so the
rule holds whichever version of lxml stands behind it. Attacks: entity files, entity bombs, deep nesting.
"""

from __future__ import annotations

from xml.parsers import expat

from lxml import etree

from engine.errors import Sentence
from engine.spiff.vocabulary import Element

LARGEST_BYTES = 2 * 1024 * 1024
DEEPEST = 100
MOST_ELEMENTS = 60_000


class UnsafeXml(Exception):
    """The bytes are no XML that we read; `sentence` says why, `line` where."""

    def __init__(self, sentence: Sentence, line: int | None = None) -> None:
        super().__init__(sentence.en)
        self.sentence, self.line = sentence, line


def parse(xml: bytes) -> Element:
    """Return the root element. Raises UnsafeXml."""
    if not xml.strip():
        raise UnsafeXml(
            Sentence(
                "파일이 비어 있습니다. 그린 다이어그램을 저장해서 올려 주십시오.",
                "The file is empty: save the diagram and upload it again.",
            )
        )
    if len(xml) > LARGEST_BYTES:
        raise UnsafeXml(
            Sentence(
                "파일이 너무 큽니다. 다이어그램은 2MB까지 올릴 수 있습니다.",
                "The file is too large: a diagram may have up to 2 MB.",
            )
        )
    _walk(xml)
    return _build(xml)


def _walk(xml: bytes) -> None:
    """Walk the bytes without building anything, and stop at the first thing that may not be there."""
    parser = expat.ParserCreate()
    depth = count = 0

    def enter(name: str, attributes: dict[str, str]) -> None:
        nonlocal depth, count
        depth += 1
        count += 1
        if depth > DEEPEST:
            raise UnsafeXml(
                Sentence(
                    f"요소가 {DEEPEST}단계보다 깊게 겹쳐 있습니다.",
                    f"Elements are nested more than {DEEPEST} levels deep.",
                ),
                parser.CurrentLineNumber,
            )
        if count > MOST_ELEMENTS:
            raise UnsafeXml(
                Sentence(
                    f"요소가 {MOST_ELEMENTS:,}개보다 많습니다.", f"There are more than {MOST_ELEMENTS:,} elements."
                )
            )

    def leave(name: str) -> None:
        nonlocal depth
        depth -= 1

    def refuse_document_type(*declaration: object) -> None:
        line = parser.CurrentLineNumber
        raise UnsafeXml(
            Sentence(
                f"문서 형식 선언(DOCTYPE)은 쓸 수 없습니다({line}번째 줄). 그 선언을 지워 주십시오.",
                f"document type declarations are not allowed (line {line}): remove it",
            ),
            line,
        )

    parser.StartElementHandler = enter
    parser.EndElementHandler = leave
    parser.StartDoctypeDeclHandler = refuse_document_type
    try:
        parser.Parse(xml, True)
    except expat.ExpatError as error:
        raise _not_well_formed(xml, error.lineno, expat.ErrorString(error.code)) from error
    except (ValueError, LookupError) as error:  # an encoding that expat does not have
        raise _not_well_formed(xml, 1, "unknown encoding") from error


def _not_well_formed(xml: bytes, line: int, reason: str) -> UnsafeXml:
    if not xml.lstrip(b"\xef\xbb\xbf \t\r\n").startswith((b"<", b"\xff\xfe", b"\xfe\xff")):
        return UnsafeXml(
            Sentence("BPMN 파일이 아닙니다. 이 파일은 XML이 아닙니다.", "This is not a BPMN file: it is not XML."), 1
        )
    if "encoding" in reason:
        return UnsafeXml(
            Sentence(
                "파일의 문자 인코딩을 읽을 수 없습니다. UTF-8로 저장해 주십시오.",
                "The file's character encoding cannot be read: save it as UTF-8.",
            ),
            line,
        )
    return UnsafeXml(
        Sentence(f"XML이 {line}번째 줄에서 깨져 있습니다({reason}).", f"The XML is broken at line {line} ({reason})."),
        line,
    )


def _build(xml: bytes) -> Element:
    parser = etree.XMLParser(
        resolve_entities=False,
        no_network=True,
        load_dtd=False,
        dtd_validation=False,
        huge_tree=False,
        remove_comments=True,
        remove_pis=True,
    )
    try:
        root = etree.fromstring(xml, parser)
    except (etree.LxmlError, ValueError) as error:
        line = getattr(error, "lineno", None)
        raise UnsafeXml(
            Sentence(f"XML을 읽을 수 없습니다({line or 1}번째 줄).", f"The XML cannot be read (line {line or 1})."),
            line,
        ) from error
    if root.getroottree().docinfo.internalDTD is not None:  # expat and libxml2 disagree about the bytes
        raise UnsafeXml(
            Sentence(
                "문서 형식 선언(DOCTYPE)은 쓸 수 없습니다(1번째 줄).",
                "document type declarations are not allowed (line 1)",
            ),
            1,
        )
    return root

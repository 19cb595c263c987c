"""A mail as it looks: the rendered words set as an HTML page and as a text with the same sentences in the same order.

One column, tables only, every look inline (Naver drops `<style>`), no image; the text part under 40 Hangul a line.
Source: design/look.md §8.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from html import escape

from workflows.mail_texts import STRONG_FROM, STRONG_TO, unguarded

FONT = "'Apple SD Gothic Neo','Malgun Gothic','맑은 고딕','Noto Sans KR',Dotum,sans-serif"
INK, INK_2, INK_3, LINE, ACT, WASH = "#15181c", "#454b53", "#626973", "#dcdfe3", "#17407f", "#ebedf0"
WIDTH = 78  # columns of the text part; a Hangul takes two
_BUTTON = re.compile(r"\[\[([^\[\]|]+)\|([^\[\]|]*)\]\]")
_LINK = re.compile(r"\[([^\[\]|]+)\|([^\[\]|]*)\]")
_ROW = re.compile(r"([^\s:.,|\[\]][^:.,|\[\]]{0,15}): +(\S.*)")
_ADDRESS = re.compile(r"https?://[^\s<>\"()]+[^\s<>\"().,]")
RULER = "{ruler}"


@dataclass(frozen=True, slots=True)
class RulerDay:
    """One cell of the ruler: a day that counts, or days that do not; `is_due`: the due instant ends it."""

    label: str
    weekday: str
    counted: bool
    is_due: bool = False


@dataclass(frozen=True, slots=True)
class Ruler:
    """The promise ruler of a mail: from, until, the days, and the same in one sentence."""

    from_words: str
    until_words: str
    days: tuple[RulerDay, ...]
    sentence: str


@dataclass(frozen=True, slots=True)
class Frame:
    """What stands around the words of a mail, in its language; empty parts are left out.

    `closing` may hold links `[words|address]`; `foot` lines are small. `button` is used when the words have none; where
    they have one, `follow` says how to see the progress.
    """

    lang: str
    sender: str
    title: str
    greeting: str
    closing: str
    foot: tuple[str, ...]
    button: tuple[str, str] | None = None
    follow: str = ""
    ruler: Ruler | None = None


@dataclass(frozen=True, slots=True)
class Page:
    """Both parts of a mail, and the line that a list shows beside its subject."""

    html: str
    text: str
    preheader: str


@dataclass(frozen=True, slots=True)
class _Block:
    kind: str  # sentence, paragraph, rows, button, ruler
    words: str = ""
    address: str = ""
    rows: tuple[tuple[str, str], ...] = ()


def mail_page(body: str, frame: Frame) -> Page:
    """Return the parts of a mail in one language."""
    blocks = _blocks(body, frame)
    sentence = next((b.words for b in blocks if b.kind == "sentence"), "")
    preheader = _plain(_LINK.sub(r"\1", sentence))
    return Page(_html([(blocks, frame)], preheader), _text([(blocks, frame)]), preheader)


def bilingual_page(ko_body: str, ko_frame: Frame, en_body: str, en_frame: Frame) -> Page:
    """Return the parts of a mail in Korean and, below a rule, in English; the one button is the Korean one."""
    korean, english = _blocks(ko_body, ko_frame), _blocks(en_body, en_frame)
    english = [b for b in english if b.kind not in ("button", "ruler")]
    sentence = _plain(_LINK.sub(r"\1", next((b.words for b in korean if b.kind == "sentence"), "")))
    both = [(korean, ko_frame), (english, en_frame)]
    return Page(_html(both, f"{sentence} English below."), _text(both), f"{sentence} English below.")


# ---------------------------------------------------------------- blocks


def _blocks(body: str, frame: Frame) -> list[_Block]:
    """Cut a rendered body into its blocks; the first paragraph is THE sentence."""
    blocks: list[_Block] = []
    for paragraph in re.split(r"\n\s*\n", body.strip()):
        blocks += _paragraph([line.strip() for line in paragraph.splitlines() if line.strip()])
    first = next((i for i, b in enumerate(blocks) if b.kind == "paragraph"), None)
    if first is not None:
        blocks[first] = _Block("sentence", blocks[first].words)
    if frame.button is not None and not any(b.kind == "button" for b in blocks):
        blocks.append(_Block("button", *frame.button))
    return blocks


def _closing(blocks: Sequence[_Block], frame: Frame) -> str:
    asks = any(b.kind == "button" and (b.words, b.address) != frame.button for b in blocks)
    return f"{frame.follow}\n{frame.closing}" if asks and frame.follow else frame.closing


def _paragraph(lines: Sequence[str]) -> Iterable[_Block]:
    words: list[str] = []
    rows: list[tuple[str, str]] = []
    for line in lines:
        button, row = _BUTTON.fullmatch(line), _ROW.fullmatch(line)
        if row is None and rows:
            yield _Block("rows", rows=tuple(rows))
            rows = []
        if (row is not None or button is not None or line == RULER) and words:
            yield _Block("paragraph", " ".join(words))
            words = []
        if button is not None:
            yield _Block("button", button[1], button[2].strip())
        elif line == RULER:
            yield _Block("ruler")
        elif row is not None:
            rows.append((row[1], row[2]))
        else:
            words.append(line)
    if rows:
        yield _Block("rows", rows=tuple(rows))
    if words:
        yield _Block("paragraph", " ".join(words))


def _plain(words: str) -> str:
    return unguarded(words.replace(STRONG_FROM, "").replace(STRONG_TO, ""))


# ---------------------------------------------------------------- the page


def _html(parts: Sequence[tuple[list[_Block], Frame]], preheader: str) -> str:
    first = parts[0][1]
    rows = [_sender(first)]
    for number, (blocks, frame) in enumerate(parts):
        rows.append(_rule(1 if number else 4, before=frame.greeting if not number else ""))
        rows += [_block(block, frame, first=number == 0) for block in blocks]
        rows.append(_cell(_linked(_closing(blocks, frame)).replace("\n", "<br>"), size=16, top=18))
    foot = "<br>".join(_linked(line) for _, frame in parts[:1] for line in frame.foot)
    rows.append(_cell(foot, size=13, color=INK_3, top=14, border=f"1px solid {LINE}"))
    hidden = escape(preheader) + "&#847;&zwnj;&nbsp;" * 60
    inner = "\n".join(rows)
    return (
        f'<!doctype html>\n<html lang="{first.lang}"><head><meta charset="utf-8">'
        '<meta name="viewport" content="width=device-width,initial-scale=1">'
        '<meta name="color-scheme" content="light dark"><meta name="supported-color-schemes" content="light dark">'
        f"<title>{escape(first.title)}</title><style>{_STYLE}</style></head>\n"
        f'<body style="margin:0;padding:0;background-color:#ffffff;" bgcolor="#ffffff">'
        f'<div style="display:none;max-height:0;overflow:hidden;">{hidden}</div>\n'
        '<!--[if mso]><table role="presentation" width="600"><tr><td><![endif]-->\n'
        '<table role="presentation" class="column" width="100%" cellpadding="0" cellspacing="0" '
        'style="width:100%;max-width:600px;background-color:#ffffff;border-collapse:collapse;">\n'
        f"{inner}\n</table>\n<!--[if mso]></td></tr></table><![endif]-->\n</body></html>\n"
    )


_STYLE = (
    "@media(max-width:480px){.pad{padding-left:20px!important;padding-right:20px!important}"
    ".lead{font-size:20px!important}}"
    "@media(prefers-color-scheme:dark){body,.column,.pad{background-color:#13161a!important}"
    ".pad,.ink{color:#eceef1!important}.pad a,.act{color:#a3c1f5!important}.label{color:#98a0aa!important}"
    ".rule{border-color:#eceef1!important}.line{border-color:#2f353d!important}"
    ".counted{background-color:#eceef1!important}.gap{border-right-color:#13161a!important}"
    ".due{border-right-color:#a3c1f5!important}"
    ".button,.button a{background-color:#a3c1f5!important;color:#0d1726!important}}"
)


def _cell(
    inner: str,
    *,
    size: int = 16,
    color: str = INK,
    top: int = 8,
    border: str = "",
    lead: bool = False,
    height: str = "1.65",
) -> str:
    if not inner:
        return ""
    edge = f"border-top:{border};" if border else ""
    css = (
        f"padding:{top}px 24px 8px 24px;font-family:{FONT};font-size:{size}px;line-height:{height};color:{color};"
        f"background-color:#ffffff;word-break:keep-all;overflow-wrap:break-word;{edge}"
    )
    names = f"pad{' lead' if lead else ''}{' line' if border else ''}"
    return f'<tr><td class="{names}" style="{css}">{inner}</td></tr>'


def _sender(frame: Frame) -> str:
    organisation, _, rest = frame.sender.partition(" ")
    css = f"padding:18px 24px 12px 24px;font-family:{FONT};font-size:14px;color:{INK};background-color:#ffffff;"
    line = f"border-bottom:1px solid {INK};padding-bottom:10px;"
    bold = f"&nbsp;<b>{escape(rest)}</b>" if rest else ""
    return (
        f'<tr><td class="pad" style="{css}"><table role="presentation" width="100%" cellpadding="0" cellspacing="0">'
        f'<tr><td class="rule ink" style="{line}">{escape(organisation)}{bold}</td></tr></table></td></tr>'
    )


def _rule(thickness: int, before: str) -> str:
    greeting = _cell(_linked(before), size=16, top=4) if before else ""
    css = "padding:14px 24px 0 24px;background-color:#ffffff;font-size:0;line-height:0;"
    line = f"border-top:{thickness}px solid {INK};font-size:0;line-height:0;"
    return (
        f'{greeting}<tr><td class="pad" style="{css}"><table role="presentation" width="100%" cellpadding="0" '
        f'cellspacing="0"><tr><td class="rule" style="{line}">&nbsp;</td></tr></table></td></tr>'
    )


def _block(block: _Block, frame: Frame, *, first: bool) -> str:
    if block.kind == "sentence":
        return _cell(_linked(block.words), size=21 if first else 18, lead=True, height="1.5")
    if block.kind == "rows":
        return _rows(block.rows)
    if block.kind == "button":
        return _button(block)
    if block.kind == "ruler":
        return _ruler(frame.ruler) if frame.ruler else ""
    return _cell(_linked(block.words))


def _rows(rows: Sequence[tuple[str, str]]) -> str:
    both = f"border-bottom:1px solid {LINE};vertical-align:top;"
    label = f"{both}padding:9px 12px 9px 0;font-size:14px;color:{INK_2};width:104px;font-weight:400;"
    value = f"{both}padding:9px 0;font-size:15px;color:{INK};"
    lines = "".join(
        f'<tr><th scope="row" align="left" class="label line" style="{label}">{escape(unguarded(name))}</th>'
        f'<td class="ink line" style="{value}">{_linked(words)}</td></tr>'
        for name, words in rows
    )
    return _cell(
        f'<table width="100%" cellpadding="0" cellspacing="0" style="border-collapse:collapse;">{lines}</table>'
    )


def _button(block: _Block) -> str:
    if not block.address:
        return ""
    link = (
        f'<a href="{escape(block.address)}" style="display:inline-block;padding:12px 20px;font-family:{FONT};'
        f'font-size:15px;font-weight:700;color:#ffffff;text-decoration:none;">{escape(_plain(block.words))}</a>'
    )
    cell = f'<td class="button" bgcolor="{ACT}" style="background-color:{ACT};border-radius:4px;">{link}</td>'
    return _cell(f'<table role="presentation" cellpadding="0" cellspacing="0"><tr>{cell}</tr></table>', top=12)


def _ruler(ruler: Ruler) -> str:
    """Counted time solid, days that do not count dotted, the due instant a blue edge; the sentence says the same."""
    bars = "".join(_bar(day) for day in ruler.days)
    labels = "".join(
        f'<td class="label{" due" if day.is_due else ""}" '
        f'style="padding:4px 2px 0 0;font-size:12px;line-height:1.3;color:{INK_2};'
        f'{f"border-right:3px solid {ACT};" if day.is_due else ""}">{escape(day.label)}<br>{escape(day.weekday)}</td>'
        for day in ruler.days
    )
    heads = (
        '<table role="presentation" width="100%" cellpadding="0" cellspacing="0"><tr>'
        f'<td class="label" style="font-size:13px;color:{INK_2};">{escape(ruler.from_words)}</td>'
        f'<td align="right" class="act" style="font-size:13px;color:{ACT};font-weight:700;">{escape(ruler.until_words)}'
        "</td></tr></table>"
    )
    table = (
        '<table role="presentation" aria-hidden="true" width="100%" cellpadding="0" cellspacing="0" '
        f'style="border-collapse:collapse;table-layout:fixed;"><tr>{bars}</tr><tr>{labels}</tr></table>'
    )
    said = f'<span class="label" style="font-size:14px;color:{INK_2};">{escape(ruler.sentence)}</span>'
    return _cell(f"{heads}{table}{said}", top=10)


def _bar(day: RulerDay) -> str:
    look = f"background-color:{INK};" if day.counted else f"border-bottom:2px dotted {INK_3};"
    due = f"border-right:3px solid {ACT};" if day.is_due else "border-right:2px solid #ffffff;"
    names = f"{'counted' if day.counted else 'label'} {'due' if day.is_due else 'gap'}"
    return f'<td height="10" class="{names}" style="height:10px;font-size:0;line-height:0;{look}{due}">&nbsp;</td>'


def _linked(words: str) -> str:
    """Escape words, set instants bold, links as underlined words and bare addresses as links."""
    out: list[str] = []
    at = 0
    for found in re.finditer(f"{_LINK.pattern}|{_ADDRESS.pattern}", words):
        out.append(_bold(words[at : found.start()]))
        address = found[2] if found[2] is not None else found[0]
        shown = found[1] if found[1] is not None else found[0]
        out.append(_anchor(address.strip(), shown))
        at = found.end()
    return "".join(out) + _bold(words[at:])


def _anchor(address: str, shown: str) -> str:
    if not address.startswith(("https://", "http://", "mailto:")):
        return _bold(shown)  # an address that is empty, or that a customer typed: words, never a link
    style = f"color:{ACT};text-decoration:underline;"
    return f'<a href="{escape(address)}" style="{style}">{_bold(shown)}</a>'


def _bold(words: str) -> str:
    return (
        escape(unguarded(words), quote=False)
        .replace(STRONG_FROM, '<b style="white-space:nowrap">')
        .replace(STRONG_TO, "</b>")
    )


# ---------------------------------------------------------------- the text part


def _text(parts: Sequence[tuple[list[_Block], Frame]]) -> str:
    written: list[str] = []
    for blocks, frame in parts:
        said = [frame.greeting, *(_block_text(block, frame) for block in blocks), _closing(blocks, frame)]
        written.append("\n\n".join(_wrapped(piece) for piece in said if piece))
    foot = "\n".join(_wrapped(line) for line in parts[0][1].foot)
    return unguarded("\n\n----------\n\n".join(written) + f"\n\n-- \n{foot}\n")


def _block_text(block: _Block, frame: Frame) -> str:
    if block.kind == "rows":
        return "\n".join(f"{name}: {words}" for name, words in block.rows)
    if block.kind == "button":
        return f"{block.words}:\n{block.address}" if block.address else ""
    if block.kind == "ruler":
        return frame.ruler.sentence if frame.ruler else ""
    return block.words


def _wrapped(words: str) -> str:
    """Break lines at blanks, never inside an instant; each address stands at the start of a line of its own."""
    flat = _LINK.sub(lambda m: f"{m[1]} {m[2].strip()} " if m[2].strip() else m[1], words)
    flat = re.sub(f"{STRONG_FROM}([^{STRONG_TO}]*){STRONG_TO}", lambda m: m[1].replace(" ", "\ue002"), flat)
    flat = re.sub(rf"(?<!^)(?<!\n)\s*({_ADDRESS.pattern}) *", r"\n\1 ", flat)
    lines = [piece for line in flat.split("\n") for piece in _broken(line)]
    return "\n".join(line.replace("\ue002", " ") for line in lines)


def _broken(line: str) -> list[str]:
    lines: list[str] = []
    current = ""
    for word in line.split(" "):
        longer = f"{current} {word}" if current else word
        if current and _columns(longer) > WIDTH:
            lines.append(current)
            current = word
        else:
            current = longer
    return [*lines, current]


def _columns(words: str) -> int:
    return sum(2 if unicodedata.east_asian_width(sign) in "WF" else 1 for sign in words)

"""Cuts Pretendard (npm package `pretendard`, OFL) into the one font file that the pages ship.

Kept: the 2 350 syllables of KS X 1001, Latin, punctuation, arrows; weights 400 to 700. The licence reserves the name
Pretendard for the uncut font, so the cut one is called "Charterflow Sans".

    npm pack pretendard@1.3.9 && tar xzf pretendard-1.3.9.tgz
    python frontend/cut_font.py package/dist/public/variable/PretendardVariable.ttf
"""

from __future__ import annotations

import sys
from pathlib import Path

from fontTools.subset import Options, Subsetter
from fontTools.ttLib import TTFont
from fontTools.varLib import instancer

FAMILY = "Charterflow Sans"
TARGET = Path(__file__).parent.parent / "web" / "static" / "fonts" / "charterflow-sans.woff2"
LATIN = range(0x20, 0x17F)
PUNCTUATION = range(0x2010, 0x2040)
MARKS = "€₩№™←↑→↓↔−×÷≤≥≠±∞△▲▽▼○●◎□■◇◆※〈〉《》「」『』【】〔〕、。·…ㆍ'\"–—"


def hangul() -> set[int]:
    """Return the code points of KS X 1001's syllables and its single letters; Python's `euc_kr` codec knows them."""
    points: set[int] = set()
    for point in (*range(0xAC00, 0xD7A4), *range(0x3131, 0x3164)):
        try:
            encoded = chr(point).encode("euc_kr")
        except UnicodeEncodeError:
            continue
        if len(encoded) == 2:  # eight bytes: spelled out from letters, so not one of the 2 350
            points.add(point)
    return points


def rename(font: TTFont) -> None:
    """Replace every name that carries the reserved font name; copyright and licence entries stay."""
    names = font["name"]
    for record in list(names.names):
        if record.nameID in (1, 4, 16, 18):
            record.string = FAMILY
        elif record.nameID in (3, 6, 25):
            record.string = FAMILY.replace(" ", "") + ("" if record.nameID != 3 else ";1.3.9;cut")
        elif record.nameID in (7, 21, 22):
            names.names.remove(record)
        elif record.nameID > 255 and "Pretendard" in str(record):  # PostScript names of the named weights
            record.string = str(record).replace("PretendardVariable", FAMILY.replace(" ", ""))


def main(source: str) -> None:
    font = instancer.instantiateVariableFont(TTFont(source), {"wght": (400, 700)})
    options = Options()
    options.layout_features = ["kern", "liga", "calt", "ccmp", "locl", "mark", "mkmk", "tnum", "case"]
    options.name_IDs = ["*"]
    options.name_languages = [0x409]
    options.hinting = False
    options.flavor = "woff2"
    cut = Subsetter(options)
    cut.populate(unicodes=hangul() | set(LATIN) | set(PUNCTUATION) | {ord(mark) for mark in MARKS})
    cut.subset(font)
    rename(font)
    font.flavor = "woff2"
    TARGET.parent.mkdir(parents=True, exist_ok=True)
    font.save(TARGET)
    sys.stdout.write(f"{TARGET.name}: {TARGET.stat().st_size} bytes\n")


if __name__ == "__main__":
    main(sys.argv[1])

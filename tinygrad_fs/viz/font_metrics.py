"""Font metrics: how wide text is, without a font at hand.

The widths are those of Helvetica, in thousandths of the size, which Arial, Liberation Sans, Arimo and Nimbus Sans
share: text that is set in one of these fits its box to the pixel.
"""

from __future__ import annotations

import unicodedata
from functools import lru_cache
from typing import Final

__all__ = ["FAMILY", "text_width"]

FAMILY: Final = "Helvetica, Arial, Liberation Sans, Arimo, Nimbus Sans, sans-serif"

_PLAIN: Final = {
    "ijl": 222, "'": 191, "|": 260, " !,./:;I[\\]ft": 278, "()-`r": 333, "{}": 334, '"': 355, "*": 389, "^": 469,
    "Jcksvxyz": 500, "#$0123456789?L_abdeghnopqu": 556, "+<=>~": 584, "FTZ": 611, "&ABEKPSVXY": 667,
    "CDHNRUw": 722, "GOQ": 778, "Mm": 833, "%": 889, "W": 944, "@": 1015,
}  # fmt: skip
_BOLD: Final = {
    "'": 238, " ,./I\\ijl": 278, "|": 280, "!()-:;[]`ft": 333, "*r{}": 389, '"': 474, "z": 500,
    "#$0123456789J_aceksvxy": 556, "+<=>^~": 584, "?FLTZbdghnopqu": 611, "EPSVXY": 667, "&ABCDHKNRU": 722,
    "GOQw": 778, "M": 833, "%m": 889, "W": 944, "@": 975,
}  # fmt: skip

_WIDE: Final = 1000
_OTHER: Final = {"·": 278, "…": 1000, "→": 1000, "∂": 494, "²": 333, "³": 333, "±": 549}


def _table(widths: dict[str, int]) -> dict[str, int]:
    return {letter: width for letters, width in widths.items() for letter in letters} | _OTHER


_TABLES: Final = {False: _table(_PLAIN), True: _table(_BOLD)}


@lru_cache(maxsize=8192)
def text_width(text: str, size: float, bold: bool = False) -> float:
    """How wide a text is in letters of a size, in the unit of the size."""
    table = _TABLES[bold]
    return sum([table.get(letter) or _guess(letter, table) for letter in text]) * size / 1000


def _guess(letter: str, table: dict[str, int]) -> int:
    """The width of a letter outside of the table: that of its base letter, or by its kind."""
    base = unicodedata.normalize("NFD", letter)[0]
    if base in table:
        return table[base]
    if unicodedata.combining(letter) or unicodedata.category(letter) in ("Mn", "Me", "Cf"):
        return 0
    return _WIDE if unicodedata.east_asian_width(letter) in "WF" else 667

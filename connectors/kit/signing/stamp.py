"""The visible mark of a signature: Vietnamese, with a font that has every letter of it, placed where nothing lies outside the page."""

from __future__ import annotations

import unicodedata
from dataclasses import dataclass, field
from datetime import datetime
from functools import cache
from importlib import resources
from io import BytesIO
from typing import Any

from pyhanko.pdf_utils.font.api import FontEngineFactory
from pyhanko.pdf_utils.font.opentype import GlyphAccumulator
from pyhanko.pdf_utils.layout import AxisAlignment, InnerScaling, Margins, SimpleBoxLayoutRule
from pyhanko.pdf_utils.text import TextBoxStyle
from pyhanko.stamp import TextStampStyle

from connectors.kit.reading import VIETNAM
from connectors.kit.signing.errors import Unsignable

FONT = "BeVietnamPro-Regular.ttf"
_MOST_LINE = 160
_LEAST_SIDE = 20


@dataclass(frozen=True, slots=True)
class Stamp:
    """Where the mark stands and what it says beside name and time.

    Attributes:
        page: 1 is the first, -1 the last.
        left, bottom, right, top: in points from the page's lower left corner.
        organisation, reason: lines of their own; empty: left out.
        title: before the name.
    """

    left: int
    bottom: int
    right: int
    top: int
    page: int = 1
    organisation: str = ""
    reason: str = ""
    title: str = "Ký bởi"
    font_size: int = field(default=9)

    def lines(self, name: str, moment: datetime) -> str:
        """What will be read: name, organisation, time with its zone, reason.

        Raises:
            Unsignable: a letter that the font does not have, or one that cannot be seen.
        """
        local = moment.astimezone(VIETNAM)
        found = [f"{self.title}: {name}"]
        if self.organisation:
            found.append(f"Cơ quan: {self.organisation}")
        found.append(f"Thời gian ký: {local:%d/%m/%Y %H:%M:%S} +07:00")
        if self.reason:
            found.append(f"Lý do: {self.reason}")
        return "\n".join(_shown(line) for line in found)


class _Font(FontEngineFactory):
    """The vendored font; read once per process, embedded as the subset that is used."""

    def __init__(self, size: int) -> None:
        self._size = size

    def create_font_engine(self, writer: Any, obj_stream: Any = None) -> GlyphAccumulator:
        if obj_stream is None and writer.stream_xrefs:
            obj_stream = writer.prepare_object_stream()
        return GlyphAccumulator(
            writer,
            BytesIO(_font()),
            self._size,
            ot_language_tag="VIT ",
            ot_script_tag="latn",
            bcp47_lang_code="vi",
            obj_stream=obj_stream,
        )


def style_of(stamp: Stamp) -> TextStampStyle:
    """The library's style of a stamp; its text comes as the parameter ``lines``."""
    if stamp.right - stamp.left < _LEAST_SIDE or stamp.top - stamp.bottom < _LEAST_SIDE:
        raise Unsignable("stamp", "the box is too small to be read")
    return TextStampStyle(
        stamp_text="%(lines)s",
        border_width=1,
        background=None,
        text_box_style=TextBoxStyle(
            font=_Font(stamp.font_size), font_size=stamp.font_size, leading=stamp.font_size * 4 // 3
        ),
        inner_content_layout=SimpleBoxLayoutRule(
            x_align=AxisAlignment.ALIGN_MIN,
            y_align=AxisAlignment.ALIGN_MID,
            margins=Margins(4, 4, 4, 4),
            inner_content_scaling=InnerScaling.SHRINK_TO_FIT,
        ),
    )


@cache
def _font() -> bytes:
    return resources.files("connectors.kit.signing").joinpath(f"fonts/{FONT}").read_bytes()


@cache
def _letters() -> frozenset[int]:
    from fontTools.ttLib import TTFont

    with TTFont(BytesIO(_font())) as font:
        return frozenset(font.getBestCmap())


def _shown(line: str) -> str:
    text = unicodedata.normalize("NFC", line)
    if len(text) > _MOST_LINE:
        raise Unsignable("stamp", "a line is too long to be read")
    for letter in text:
        if unicodedata.category(letter)[0] == "C" or ord(letter) not in _letters():
            raise Unsignable("stamp", f"U+{ord(letter):04X} cannot be shown")
    return text


__all__ = ["FONT", "Stamp", "style_of"]

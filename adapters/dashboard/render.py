"""Templates to pages. Everything a template may use is listed here."""

from __future__ import annotations

from functools import cache
from pathlib import Path
from typing import Any

from jinja2 import Environment, FileSystemLoader, StrictUndefined, select_autoescape
from markupsafe import Markup
from starlette.responses import HTMLResponse

from adapters.dashboard import formats, tones
from adapters.dashboard.assets import address_of
from adapters.dashboard.words import knows, say, state_word
from jobs.access.tokens import new_token

TEMPLATES = Path(__file__).parent / "templates"


@cache
def environment() -> Environment:
    """The one template environment of the process; undefined names are errors, not blanks."""
    made = Environment(
        loader=FileSystemLoader(TEMPLATES),
        autoescape=select_autoescape(default=True, default_for_string=True),
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
        auto_reload=False,
    )
    made.globals.update(
        asset=address_of,
        money=formats.money,
        number=formats.number,
        day=formats.day,
        moment=formats.moment,
        clock=formats.clock,
        masked_name=formats.masked_name,
        masked_tail=formats.masked_tail,
        tone=tones.tone,
    )
    return made


def words_for(language: str) -> dict[str, Any]:
    """The language-bound functions of a page."""

    def t(key: str, **facts: object) -> str:
        return say(key, language, **facts)

    def word(kind: str, state: str) -> str:
        return state_word(kind, state, language)

    return {"t": t, "word": word, "knows": knows, "language": language}


def form_key() -> Markup:
    """A hidden one-time key: however often the button is pressed, the act happens once."""
    return Markup('<input type="hidden" name="action_key" value="{}">').format(new_token())


def html(template: str, language: str, status: int = 200, **facts: Any) -> HTMLResponse:
    """A page. Personal pages are not kept by caches."""
    text = environment().get_template(template).render(**words_for(language), **facts)
    return HTMLResponse(text, status, {"cache-control": "no-store", "content-language": language})

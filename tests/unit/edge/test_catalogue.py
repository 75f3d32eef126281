"""One glossary: nothing on a page stands outside it, nothing in it lacks a language."""

from __future__ import annotations

import ast
import re
from pathlib import Path

import pytest

from adapters.api.routes import ENDPOINTS
from adapters.dashboard import refunds
from adapters.dashboard.render import environment
from adapters.dashboard.tones import _BY_STATE
from adapters.dashboard.words import catalogue, knows
from connectors import registry
from jobs.access.model import Role
from jobs.effects.model import EffectState
from mappings.canonical.payment import AttemptState, RefundRoute, RefundState

DASHBOARD = Path("adapters/dashboard")
_ROOT = Path(__file__).parents[3]
_USED = re.compile(r"""\bt\("([a-z0-9_.]+)\"""")
_VIETNAMESE = re.compile(r"[ăâđêôơưĂÂĐÊÔƠƯàáảãạằắẳẵặầấẩẫậèéẻẽẹềếểễệìíỉĩịòóỏõọồốổỗộờớởỡợùúủũụừứửữựỳýỷỹỵ]")
TEMPLATES = sorted((_ROOT / DASHBOARD / "templates").rglob("*.html"))


def test_every_key_has_two_different_or_proper_sentences():
    """An empty translation shows as a hole in the page."""
    for key, sentences in catalogue().items():
        assert set(sentences) == {"vi", "en"}, key
        assert all(text.strip() for text in sentences.values()), key


def test_facts_of_a_sentence_are_the_same_in_both_languages():
    """A name that one language lacks is an error on one reader's page only."""
    for key, sentences in catalogue().items():
        vi, en = (set(re.findall(r"{(\w+)}", text)) for text in sentences.values())
        assert vi == en, key


@pytest.mark.parametrize("path", TEMPLATES, ids=lambda path: path.name)
def test_every_key_of_a_template_is_in_the_glossary(path):
    """Found here instead of by a person on a Monday morning."""
    keys = _USED.findall(path.read_text(encoding="utf-8"))
    begun = [key for key in keys if key.endswith(("_", "."))]  # completed by a state at run time
    assert [key for key in keys if key not in begun and not knows(key)] == []
    assert [key for key in begun if not any(known.startswith(key) for known in catalogue())] == []


@pytest.mark.parametrize("path", TEMPLATES, ids=lambda path: path.name)
def test_no_template_holds_a_sentence_of_its_own(path):
    """A sentence outside the glossary has no English."""
    text = path.read_text(encoding="utf-8").replace("\\u00a0đ", "")
    assert not _VIETNAMESE.search(text)


@pytest.mark.parametrize("path", TEMPLATES, ids=lambda path: path.name)
def test_templates_obey_the_content_policy(path):
    """Inline style or script would be blocked, silently for the author and loudly for the reader."""
    text = path.read_text(encoding="utf-8")
    assert not re.search(r"\sstyle=|\son[a-z]+=|hx-on|javascript:|<style|hx-vals=.?js", text)
    assert not re.search(r"<script(?![^>]*\ssrc=)", text)
    assert not re.search(r"(?:src|href)=.https?:", text)


def test_every_template_can_be_compiled():
    """A page that nobody opened yet is a page too."""
    for path in TEMPLATES:
        environment().get_template(path.relative_to(_ROOT / DASHBOARD / "templates").as_posix())


def test_every_key_that_code_says_is_in_the_glossary():
    """The same for sentences that code chooses."""
    for path in (_ROOT / DASHBOARD).rglob("*.py"):
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            if isinstance(node, ast.Call) and getattr(node.func, "id", "") == "say":
                first = node.args[0]
                if isinstance(first, ast.Constant):
                    assert knows(first.value), (path, first.value)


@pytest.mark.parametrize(
    ("kind", "states"),
    [
        ("refund_state", RefundState),
        ("attempt_state", AttemptState),
        ("effect_state", EffectState),
        ("route", RefundRoute),
        ("role", Role),
        (
            "told",
            [f"{state}.{answer}" for state in EffectState for answer in ("what", "there", "next", "who")],
        ),
        ("refund_cause", refunds.CAUSES),
    ],
)
def test_every_state_has_a_word(kind, states):
    """A new state without a word would show its code to an accountant."""
    assert [state for state in states if not knows(f"{kind}.{state}")] == []


def test_unknown_is_never_toned_as_failed():
    """Unknown is not failed: another colour, another icon."""
    assert _BY_STATE["refund_state", "UNKNOWN"] == "ask"
    assert _BY_STATE["effect_state", "unknown"] == "ask"


def test_endpoints_speak_both_languages():
    """The contract is read by both."""
    assert all(row.summary_vi and row.summary_en for row in ENDPOINTS)


def test_every_system_and_everything_it_can_do_has_words():
    """The connector brings them; a screen with its wire name is of no use to an accountant."""
    from tests.support.operations import declared

    families = [(each.system.partition(".")[0], each.name) for each in declared()]
    names = [f"operation.{family}.{name}" for family, name in families if family in registry.SYSTEMS]
    assert [name for name in names if not knows(name)] == []
    assert [f"system.{system}" for system in registry.SYSTEMS if not knows(f"system.{system}")] == []

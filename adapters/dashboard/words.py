"""The one glossary of the screens: every key in Vietnamese and in English. Nothing on a page stands outside it."""

from __future__ import annotations

import tomllib
from collections.abc import Mapping
from functools import cache
from pathlib import Path

from connectors import registry

LANGUAGES = ("vi", "en")
_HERE = Path(__file__).parent


@cache
def catalogue() -> dict[str, dict[str, str]]:
    """Key → language → sentence."""
    flat: dict[str, dict[str, str]] = {}
    for name in ("catalogue.toml", "sentences.toml"):
        with (_HERE / name).open("rb") as file:
            _flatten("", tomllib.load(file), flat)
    for system, words in registry.words().items():
        _flatten(f"operation.{system}", words.pop("operation", {}), flat)
        _flatten("system", {system: words["name"]}, flat)
    return flat


def _flatten(prefix: str, table: Mapping[str, object], flat: dict[str, dict[str, str]]) -> None:
    for name, value in table.items():
        key = f"{prefix}.{name}" if prefix else name
        if isinstance(value, list):
            flat[key] = dict(zip(LANGUAGES, (str(item) for item in value), strict=True))
        elif isinstance(value, dict):
            _flatten(key, value, flat)
        else:
            raise TypeError(f"{key}: a pair of sentences is expected")


def say(key: str, language: str, **facts: object) -> str:
    """The sentence of ``key`` with its facts filled in.

    Raises:
        KeyError: the glossary does not have it; a test finds that before a person does.
    """
    sentence = catalogue()[key][language]
    return sentence.format(**facts) if facts else sentence


def knows(key: str) -> bool:
    """Whether the glossary has this key."""
    return key in catalogue()


def state_word(kind: str, state: str, language: str) -> str:
    """The word for a state; an unknown state shows itself rather than nothing.

    A system with several profiles (``handover.gplx``) is called by its own name and the profile's.
    """
    key = f"{kind}.{state}"
    if knows(key):
        return say(key, language)
    family, _, rest = state.partition(".")
    if kind == "system" and rest and knows(f"system.{family}"):
        return f"{say(f'system.{family}', language)} · {rest}"
    profile, _, operation = rest.rpartition(".")
    if kind == "operation" and profile and knows(f"operation.{family}.{operation}"):
        return say(f"operation.{family}.{operation}", language)
    return state

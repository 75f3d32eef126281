"""Texts that generated files are made from; ``$name`` is filled in."""

from __future__ import annotations

from importlib.resources import files
from string import Template


def filled(template: str, **values: str) -> str:
    """The text of ``template`` with every name filled in; a name without its value is a mistake of ours."""
    text = files("connectors.kit.scaffold.templates").joinpath(f"{template}.txt").read_text("utf-8")
    return Template(text).substitute(values)

"""Pieces of Python as the formatter would leave them: one entry a line, with the comma behind it."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from typing import Any

from connectors.kit.scaffold.model import Kind, Model, Value, snake

LONGEST = 100


def literal(value: Any) -> str:
    """A value as Python writes it, texts in double quotes."""
    if isinstance(value, str):
        return json.dumps(value, ensure_ascii=False)
    return repr(value)


def entries(lines: Iterable[str], indent: int = 4) -> str:
    """Each line with a comma, indented."""
    return "".join(f"{' ' * indent}{line},\n" for line in lines)


def nested(value: Any, indent: int = 0) -> str:
    """A JSON value over as many lines as it has entries."""
    space = " " * (indent + 4)
    if isinstance(value, Mapping) and value:
        inside = "".join(
            f"{space}{literal(key)}: {nested(item, indent + 4)},\n" for key, item in value.items()
        )
        return f"{{\n{inside}{' ' * indent}}}"
    if isinstance(value, list) and value:
        inside = "".join(f"{space}{nested(item, indent + 4)},\n" for item in value)
        return f"[\n{inside}{' ' * indent}]"
    return literal(value)


def names(found: Iterable[str]) -> str:
    """A frozenset of texts."""
    given = sorted(set(found))
    if not given:
        return "frozenset()"
    return f"frozenset(\n    {{\n{entries(map(literal, given), 8)}    }}\n)"


def hint(value: Value) -> str:
    """The type of a field."""
    base = value.kind.name if isinstance(value.kind, Model) else value.kind.python
    if value.many:
        return f"tuple[{base}, ...]"
    return base if value.needed else f"{base} | None"


def how_often(value: Value) -> str:
    """The function of ``connectors.kit.facts`` that reads it."""
    if value.many:
        return "several"
    return "given" if value.needed else "maybe"


def facts_of(model: Model, *, other: frozenset[str] = frozenset()) -> dict[str, Any]:
    """The sample payload of a message, by our names; names in ``other`` get a second value."""
    return {value.name: _sample(value, value.name, value.name in other) for value in model.values}


def wire_of(model: Model, *, other: frozenset[str] = frozenset()) -> dict[str, Any]:
    """The sample of a message, by their names."""
    return {
        value.wire: _sample(value, value.name, value.name in other, theirs=True) for value in model.values
    }


def _sample(value: Value, name: str, second: bool, *, theirs: bool = False) -> Any:
    del name
    if isinstance(value.kind, Model):
        made: Any = wire_of(value.kind) if theirs else facts_of(value.kind)
    else:
        made = another(value.example) if second else value.example
    return [made] if value.many else made


def another(example: Any) -> Any:
    """A second value beside ``example``."""
    if isinstance(example, bool):
        return not example
    return example + 1 if isinstance(example, int) else f"{example}0"


def models_of(roots: Iterable[Model]) -> list[Model]:
    """All messages, inner ones first, each once."""
    found: dict[str, Model] = {}
    for root in roots:
        for model in root.inside():
            found.setdefault(model.name, model)
    return list(found.values())


def imports_of(models: Iterable[Model]) -> list[str]:
    """The lines that the types of the models need."""
    kinds = {value.kind for model in models for value in model.values}
    lines = []
    days = [name for kind, name in ((Kind.DAY, "date"), (Kind.MOMENT, "datetime")) if kind in kinds]
    if days:
        lines.append(f"from datetime import {', '.join(days)}\n")
    if Kind.DECIMAL in kinds:
        lines.append("from decimal import Decimal\n")
    return lines


def function_of(model: Model) -> str:
    """The name of the function that makes it."""
    return snake(model.name)


def ordered(*blocks: str) -> str:
    """Import statements, each whole, in the order of their modules; empty ones are left out."""
    return "".join(sorted((block for block in blocks if block), key=lambda block: block.split()[1]))


def imported(module: str, *wanted: str) -> str:
    """One import statement, over several lines where it is long."""
    chosen = sorted(filter(None, wanted), key=lambda each: (not each.isupper(), each[:1].islower(), each))
    line = f"from {module} import {', '.join(chosen)}\n"
    return line if len(line) <= 111 else f"from {module} import (\n{entries(chosen)})\n"

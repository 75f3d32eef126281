"""Finds what would break a client between two OpenAPI documents. Additions are free; everything else is not."""

from __future__ import annotations

from typing import Any


def breaking_changes(before: dict[str, Any], after: dict[str, Any]) -> list[str]:
    """Sentences, one per change that an existing client could notice."""
    found: list[str] = []
    for path, operations in before["paths"].items():
        for method, operation in operations.items():
            where = f"{method.upper()} {path}"
            now = after["paths"].get(path, {}).get(method)
            if now is None:
                found.append(f"{where} is gone")
            else:
                found += _operation(where, operation, now, before, after)
    return found


def _operation(
    where: str, old: dict[str, Any], new: dict[str, Any], before: dict[str, Any], after: dict[str, Any]
) -> list[str]:
    names = {parameter["name"] for parameter in old["parameters"]}
    found = [
        f"{where} asks for a new parameter {parameter['name']}"
        for parameter in new["parameters"]
        if parameter["required"] and parameter["name"] not in names
    ]
    for status, response in old["responses"].items():
        if status not in new["responses"]:
            found.append(f"{where} no longer answers {status}")
            continue
        for media, content in response.get("content", {}).items():
            now = new["responses"][status].get("content", {}).get(media)
            if now is None:
                found.append(f"{where} {status} no longer answers {media}")
            else:
                found += _answered(f"{where} {status}", content, now, before, after)
    for media, content in old.get("requestBody", {}).get("content", {}).items():
        now = new.get("requestBody", {}).get("content", {}).get(media)
        if now is None:
            found.append(f"{where} no longer accepts {media}")
        else:
            found += _asked(where, content, now, before, after)
    return found


def _resolved(content: dict[str, Any], document: dict[str, Any]) -> dict[str, Any]:
    schema: dict[str, Any] = content.get("schema", {})
    if "$ref" in schema:
        resolved: dict[str, Any] = document["components"]["schemas"][schema["$ref"].rsplit("/", 1)[1]]
        return resolved
    return schema


def _answered(
    where: str, old: dict[str, Any], new: dict[str, Any], before: dict[str, Any], after: dict[str, Any]
) -> list[str]:
    was, now = _resolved(old, before), _resolved(new, after)
    found = []
    for name, schema in was.get("properties", {}).items():
        there = now.get("properties", {}).get(name)
        if there is None:
            found.append(f"{where}: field {name} is gone")
        elif _type(schema) != _type(there):
            found.append(f"{where}: field {name} has another type")
    return found


def _asked(
    where: str, old: dict[str, Any], new: dict[str, Any], before: dict[str, Any], after: dict[str, Any]
) -> list[str]:
    was, now = _resolved(old, before), _resolved(new, after)
    required = set(now.get("required", ())) - set(was.get("required", ()))
    found = [f"{where}: field {name} became required" for name in sorted(required)]
    for name, schema in was.get("properties", {}).items():
        there = now.get("properties", {}).get(name)
        if there is None:
            found.append(f"{where}: field {name} is no longer accepted")
            continue
        if _type(schema) != _type(there):
            found.append(f"{where}: field {name} has another type")
        narrowed = set(schema.get("enum", ())) - set(there.get("enum", schema.get("enum", ())))
        found += [f"{where}: field {name} no longer accepts {value}" for value in sorted(narrowed)]
    return found


def _type(schema: dict[str, Any]) -> Any:
    return (
        schema.get("type")
        or schema.get("$ref")
        or sorted(str(_type(part)) for part in schema.get("anyOf", ()))
    )

"""OpenAPI 3 (JSON) → a service. What the generator cannot write is refused by name, never left out silently."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Mapping
from typing import Any
from urllib.parse import urlsplit

from connectors.kit.scaffold.model import (
    Action,
    Kind,
    Model,
    ScaffoldRefused,
    Service,
    Style,
    Value,
    Wishes,
    camel,
    example_of,
    harmless,
    snake,
    with_look_ups,
)

_METHODS = ("get", "post", "put", "patch", "delete")
_KINDS = {"string": Kind.TEXT, "integer": Kind.WHOLE, "number": Kind.WHOLE, "boolean": Kind.FLAG}
_DEEPEST = 8
_PATH = re.compile(r"/[A-Za-z0-9._~{}/-]*")


def service_of(name: str, raw: bytes, wishes: Wishes) -> Service:
    """The service that ``raw`` describes.

    Raises:
        ScaffoldRefused
    """
    try:
        document = json.loads(raw)
    except ValueError:
        raise _refused("là OpenAPI 3 dạng JSON", "is OpenAPI 3 written as JSON") from None
    if not isinstance(document, dict) or not str(document.get("openapi", "")).startswith("3"):
        raise _refused("là OpenAPI 3 dạng JSON", "is OpenAPI 3 written as JSON")
    reader = _Reader(document, wishes)
    actions = tuple(reader.actions())
    if not actions:
        raise _refused("có ít nhất một thao tác được chọn", "has at least one operation that is wanted")
    servers = document.get("servers") or [{}]
    base = urlsplit(str(servers[0].get("url", ""))).path.rstrip("/")
    if base and not _PATH.fullmatch(base):
        raise _refused("có địa chỉ máy chủ đọc được", "has the address of a server")
    return Service(
        name=name,
        title=harmless(wishes.title or str(document.get("info", {}).get("title") or "")) or camel(name),
        style=Style.REST,
        actions=with_look_ups(actions, wishes),
        base=base,
        contract=("openapi.json", raw),
        assumed=tuple(reader.assumed),
    )


def _refused(vi: str, en: str) -> ScaffoldRefused:
    return ScaffoldRefused(f"Cần một tệp {vi}.", f"A file is needed that {en}.")


class _Reader:
    def __init__(self, document: Mapping[str, Any], wishes: Wishes) -> None:
        self._document, self._wishes = document, wishes
        self.assumed: list[tuple[str, str]] = []

    def actions(self) -> Iterator[Action]:
        """One per method of a path."""
        for path, item in self._document.get("paths", {}).items():
            for method in _METHODS:
                if method not in item:
                    continue
                operation = item[method]
                wire = str(operation.get("operationId") or f"{method} {path}")
                if not self._wishes.wants(wire):
                    continue
                if not _PATH.fullmatch(path):
                    raise ScaffoldRefused(f"{wire}: đường dẫn lạ.", f"{wire}: a path that cannot be written.")
                yield self._action(wire, method, path, operation, item.get("parameters", []))

    def _action(
        self, wire: str, method: str, path: str, operation: Mapping[str, Any], shared: list[Any]
    ) -> Action:
        values: list[Value] = []
        for each in [*shared, *operation.get("parameters", [])]:
            parameter = self._resolved(each)
            place = parameter.get("in")
            if place not in ("path", "query"):
                if parameter.get("required"):
                    raise ScaffoldRefused(
                        f"{wire}: tham số {parameter.get('name')} nằm ở {place}.",
                        f"{wire}: parameter {parameter.get('name')} stands in {place}.",
                    )
                continue
            needed = place == "path" or bool(parameter.get("required"))
            value = self._value(wire, str(parameter["name"]), parameter, needed=needed, place=place)
            if value.many or isinstance(value.kind, Model):
                raise ScaffoldRefused(
                    f"{wire}: tham số {value.wire} không phải giá trị đơn.",
                    f"{wire}: parameter {value.wire} is no single value.",
                )
            values.append(value)
        body = self._resolved(operation.get("requestBody", {}))
        if body:
            values += self._model(camel(wire), self._schema(wire, body), wire).values
        return Action(
            wire=wire,
            request=Model(camel(wire), _once(tuple(values), wire)),
            answer=self._answer(wire, operation),
            reads=self._wishes.is_read(wire, otherwise=method == "get"),
            method=method.upper(),
            path=path,
        )

    def _answer(self, wire: str, operation: Mapping[str, Any]) -> Model:
        answers = operation.get("responses", {})
        chosen = next((answers[code] for code in sorted(answers) if code.startswith("2")), None)
        if chosen is None:
            raise ScaffoldRefused(f"{wire}: không có câu trả lời 2xx.", f"{wire}: has no answer 2xx.")
        return self._model(f"{camel(wire)}Answer", self._schema(wire, self._resolved(chosen)), wire)

    def _schema(self, wire: str, holder: Mapping[str, Any]) -> Mapping[str, Any]:
        content = holder.get("content", {})
        chosen = next((content[media] for media in content if "json" in media), None)
        schema = self._resolved(chosen.get("schema", {})) if chosen else {}
        if schema.get("type", "object" if "properties" in schema else "") != "object":
            # An empty or bare answer cannot be told from one that was cut.
            raise ScaffoldRefused(
                f"{wire}: thông điệp phải là một đối tượng JSON.", f"{wire}: a message must be a JSON object."
            )
        return schema

    def _model(self, name: str, schema: Mapping[str, Any], wire: str, depth: int = 0) -> Model:
        if depth > _DEEPEST:
            raise ScaffoldRefused(f"{wire}: thông điệp tự chứa mình.", f"{wire}: a message holds itself.")
        needed = set(schema.get("required", ()))
        properties = dict(schema.get("properties", {}))
        for part in schema.get("allOf", ()):
            found = self._resolved(part)
            needed |= set(found.get("required", ()))
            properties |= found.get("properties", {})
        values = [
            self._value(
                wire,
                key,
                {"schema": each, "within": name},
                needed=key in needed,
                place="body",
                depth=depth + 1,
            )
            for key, each in properties.items()
        ]
        return Model(name, _once(tuple(values), wire))

    def _value(
        self,
        wire: str,
        key: str,
        holder: Mapping[str, Any],
        *,
        needed: bool,
        place: str,
        depth: int = 0,
    ) -> Value:
        schema, many = self._resolved(holder.get("schema", {})), False
        if schema.get("type") == "array":
            schema, many = self._resolved(schema.get("items", {})), True
        kind_name = schema.get("type", "object" if "properties" in schema or "allOf" in schema else None)
        tagged = bool(schema.get("x-personal")) or self._wishes.is_personal(key)
        if kind_name == "object" and ("properties" in schema or "allOf" in schema):
            kind: Kind | Model = self._model(f"{holder.get('within', '')}{camel(key)}", schema, wire, depth)
            return Value(key, kind, needed, many, personal=False, place=place)
        if kind_name not in _KINDS:
            raise ScaffoldRefused(
                f"{wire}: trường {key} có kiểu mà bộ sinh mã không viết được.",
                f"{wire}: field {key} is of a kind that cannot be written here.",
            )
        kind = _KINDS[str(kind_name)]
        if kind_name == "number":
            self.assumed.append((f"`{harmless(key)}`", "số nguyên · *a whole number*"))
        shown = schema.get("example", (schema.get("enum") or [None])[0])
        # Only what is of the right type: somebody else's example is no reason for a test that cannot pass.
        fits = type(shown) is {Kind.TEXT: str, Kind.WHOLE: int, Kind.FLAG: bool}[kind]
        example = shown if fits else example_of(key, kind, tagged=tagged)
        return Value(key, kind, needed, many, tagged, place, example=example)

    def _resolved(self, value: Any, depth: int = 0) -> Mapping[str, Any]:
        if not isinstance(value, dict):
            return {}
        reference = value.get("$ref")
        if reference is None:
            return value
        if not str(reference).startswith("#/") or depth > _DEEPEST:
            raise ScaffoldRefused(
                f"{reference}: chỉ đọc tham chiếu trong cùng tệp.",
                f"{reference}: only references inside the file.",
            )
        found: Any = self._document
        for part in str(reference)[2:].split("/"):
            found = (
                found.get(part.replace("~1", "/").replace("~0", "~"), {}) if isinstance(found, dict) else {}
            )
        return self._resolved(found, depth + 1)


def _once(values: tuple[Value, ...], wire: str) -> tuple[Value, ...]:
    """Every name once: a key of the path may stand in the body too, where it is left to the path."""
    found: dict[str, Value] = {}
    for value in values:
        other = found.setdefault(value.name, value)
        if other is not value and other.place == value.place:
            raise ScaffoldRefused(
                f"{wire}: hai trường cùng tên {value.name}.", f"{wire}: two fields are called {value.name}."
            )
    return tuple(found.values())


__all__ = ["service_of", "snake"]

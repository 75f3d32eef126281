"""The OpenAPI 3.1 document, made from the rows that make the routes. A copy is kept in ``docs/openapi.json``."""

from __future__ import annotations

import re
from collections.abc import Iterable
from typing import Any, Literal

from pydantic import BaseModel
from pydantic.json_schema import models_json_schema

from adapters.api.calls import Endpoint
from adapters.api.models import ProblemDocument

_PLACE = "#/components/schemas/{model}"
_PARAMETER = re.compile(r"{(\w+)(?::path)?}")


def document(endpoints: Iterable[Endpoint]) -> dict[str, Any]:
    """The whole contract."""
    rows = list(endpoints)
    used: dict[type[BaseModel], Literal["validation", "serialization"]] = {ProblemDocument: "serialization"}
    for row in rows:
        used[row.returns] = "serialization"
        if isinstance(row.accepts, type) and issubclass(row.accepts, BaseModel):
            used[row.accepts] = "validation"
    _, schemas = models_json_schema(list(used.items()), ref_template=_PLACE)
    paths: dict[str, Any] = {}
    for row in rows:
        paths.setdefault(_PARAMETER.sub(r"{\1}", row.path), {})[row.method.lower()] = _operation(row)
    return {
        "openapi": "3.1.0",
        "info": {
            "title": "Liên Thông",
            "version": "1",
            "description": "Thanh toán, hoàn tiền và đối soát hồ sơ. / Payments, refunds and reconciliation of dossiers.",
        },
        "servers": [{"url": "/"}],
        "security": [{"key": []}],
        "paths": paths,
        "components": {
            "securitySchemes": {
                "key": {"type": "http", "scheme": "bearer", "description": "lt_<id>_<secret>"}
            },
            "schemas": schemas.get("$defs", {}),
        },
    }


def _operation(row: Endpoint) -> dict[str, Any]:
    parameters: list[dict[str, Any]] = [
        {"name": name, "in": "path", "required": True, "schema": {"type": "string"}}
        for name in _PARAMETER.findall(row.path)
    ]
    if row.changes:
        parameters.append(
            {
                "name": "Idempotency-Key",
                "in": "header",
                "required": True,
                "schema": {"type": "string", "minLength": 1, "maxLength": 128},
            }
        )
    operation: dict[str, Any] = {
        "operationId": row.name,
        "summary": row.summary_vi,
        "description": f"{row.summary_en}\n\nScope: `{row.scope.value}`.",
        "parameters": parameters,
        "responses": {
            str(row.status): {
                "description": "OK",
                "content": {
                    "application/json": {"schema": {"$ref": _PLACE.format(model=row.returns.__name__)}}
                },
            },
            "default": {
                "description": "RFC 9457",
                "content": {
                    "application/problem+json": {"schema": {"$ref": _PLACE.format(model="ProblemDocument")}}
                },
            },
        },
    }
    if row.accepts is bytes:
        content: dict[str, Any] = {"application/octet-stream": {}}
        operation["requestBody"] = {"required": True, "content": content}
    elif row.accepts is not None:
        schema = {"$ref": _PLACE.format(model=row.accepts.__name__)}
        operation["requestBody"] = {"required": True, "content": {"application/json": {"schema": schema}}}
    return operation

"""Reads ``LIENTHONG_…`` variables and secret files into one nested document, and refuses what it does not know."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from contextvars import ContextVar
from pathlib import Path
from typing import Any, get_args

from pydantic import BaseModel
from pydantic.fields import FieldInfo
from pydantic_settings import PydanticBaseSettingsSource

from config.errors import Fault

_FILE = "_FILE"
_OUTSIDE = frozenset({"SECRETS_DIR", "TEST_DATABASE_URL", "TEST_BROKER_URL", "PROOF", "DEBUG", "LANG"})
"""Variables with our prefix that are not settings of the product."""

_document: ContextVar[dict[str, Any]] = ContextVar("settings_document")


class DocumentSource(PydanticBaseSettingsSource):
    """Gives pydantic the document that :func:`environment_document` read."""

    def get_field_value(self, field: FieldInfo, field_name: str) -> tuple[Any, str, bool]:  # noqa: ARG002 - its interface
        return None, field_name, False

    def __call__(self) -> dict[str, Any]:
        return _document.get({})

    @staticmethod
    @contextmanager
    def serving(document: dict[str, Any]) -> Iterator[None]:
        """Within the block, settings are made from ``document``."""
        token = _document.set(document)
        try:
            yield
        finally:
            _document.reset(token)


def environment_document(
    environment: Mapping[str, str], prefix: str, delimiter: str, root: type[BaseModel]
) -> tuple[dict[str, Any], list[Fault]]:
    """The nested values of all variables, and what is wrong with them."""
    document: dict[str, Any] = {}
    faults: list[Fault] = []

    def is_setting(variable: str) -> bool:
        return _is_named(root, variable.removeprefix(prefix).lower().split(delimiter))

    for variable, value in sorted(_given(environment, prefix, faults, is_setting).items()):
        path = variable.removeprefix(prefix).lower().split(delimiter)
        model_field = _field(root, path)
        if model_field is None:
            faults.append(Fault(variable, "không có thiết lập này", "there is no such setting"))
        elif not value.strip():
            faults.append(Fault(variable, "để trống", "is empty; remove it to take the default"))
        else:
            _put(document, path, _read(value))
    return document, faults


def _given(
    environment: Mapping[str, str],
    prefix: str,
    faults: list[Fault],
    is_setting: Callable[[str], bool],
) -> dict[str, str]:
    values = {k: v for k, v in environment.items() if k.startswith(prefix)}
    for outside in _OUTSIDE:
        values.pop(prefix + outside, None)
    # A setting whose own name ends so (CA_FILE) is that setting, not the file of another.
    named = {k for k in values if k.endswith(_FILE) and not is_setting(k)}
    files = {k.removesuffix(_FILE): Path(values[k]) for k in named}
    values = {k: v for k, v in values.items() if k not in named}
    if directory := environment.get(prefix + "SECRETS_DIR"):
        try:
            found = {p.name.upper(): p for p in Path(directory).iterdir() if p.is_file()}
        except OSError as exc:
            faults.append(Fault(prefix + "SECRETS_DIR", "không đọc được", f"cannot be read: {exc.strerror}"))
            found = {}
        files = {k: p for k, p in found.items() if k.startswith(prefix)} | files
    for variable, path in files.items():
        if variable in values:
            faults.append(Fault(variable, "được đặt hai nơi", f"is set twice: also in the file {path}"))
            continue
        try:
            values[variable] = path.read_text(encoding="utf-8").strip()
        except (OSError, UnicodeDecodeError):
            faults.append(Fault(variable + _FILE, "không đọc được tệp", "the file cannot be read"))
    return values


def _field(model: type[BaseModel], path: list[str]) -> FieldInfo | None:
    """The field a path leads to; inside free dictionaries every name is known.

    A section that is one of several models (credentials by style) has the fields of all of them: which of them fit
    together is for the model to say.
    """
    found = model.model_fields.get(path[0])
    if found is None or len(path) == 1:
        return found
    for inner in sections_of(found):
        field = _field(inner, path[1:])
        if field is not None:
            return field
    return found if _is_dictionary(found) else None


def _is_named(model: type[BaseModel], path: list[str]) -> bool:
    """Whether the whole path names a field of ours, not an entry of a free dictionary."""
    found = model.model_fields.get(path[0])
    if found is None or len(path) == 1:
        return found is not None
    return any(_is_named(inner, path[1:]) for inner in sections_of(found))


def sections_of(field: FieldInfo) -> list[type[BaseModel]]:
    """The models that a nested section may be, also when it may be ``None``."""
    candidates = (field.annotation, *get_args(field.annotation))
    return [each for each in candidates if isinstance(each, type) and issubclass(each, BaseModel)]


def _is_dictionary(field: FieldInfo) -> bool:
    return getattr(field.annotation, "__origin__", field.annotation) is dict


def _read(value: str) -> Any:
    """Lists and tables are written as JSON; everything else is text that pydantic reads by the field's type."""
    if value.lstrip()[:1] not in ("[", "{"):
        return value
    try:
        return json.loads(value)
    except ValueError:
        return value


def _put(document: dict[str, Any], path: list[str], value: Any) -> None:
    for part in path[:-1]:
        inner = document.setdefault(part, {})
        if not isinstance(inner, dict):
            return  # a scalar stands where a section is meant: pydantic names the variable
        document = inner
    document[path[-1]] = value

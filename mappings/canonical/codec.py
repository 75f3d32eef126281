"""Canonical dataclasses to JSON values and back, exactly; refuses what it does not know."""

from __future__ import annotations

from dataclasses import fields, is_dataclass
from datetime import date, datetime
from enum import Enum
from functools import cache
from types import NoneType, UnionType
from typing import Any, TypeVar, get_args, get_origin, get_type_hints

T = TypeVar("T")


def to_json(value: Any) -> Any:
    """JSON values of ``value``: dataclasses become objects, dates ISO texts, enums their value."""
    if is_dataclass(value) and not isinstance(value, type):
        return {field.name: to_json(getattr(value, field.name)) for field in fields(value)}
    if isinstance(value, Enum):
        return value.value
    if isinstance(value, datetime | date):
        return value.isoformat()
    if isinstance(value, dict):
        return {str(key): to_json(item) for key, item in value.items()}
    if isinstance(value, list | tuple):
        return [to_json(item) for item in value]
    if value is None or isinstance(value, str | int | bool):
        return value
    raise TypeError(f"{type(value).__name__} has no JSON form here (floats are refused: money is whole)")


def from_json(cls: type[T], data: Any) -> T:
    """The dataclass ``cls`` from JSON values made by :func:`to_json`.

    Raises:
        ValueError: a field is missing, unknown or of another type.
    """
    result = _read(cls, data, cls.__name__)
    assert isinstance(result, cls)  # noqa: S101 - narrows the type for the caller
    return result


@cache
def _hints(cls: type) -> dict[str, Any]:
    return get_type_hints(cls)


def _read(kind: Any, data: Any, where: str) -> Any:
    origin = get_origin(kind)
    if origin is UnionType or str(origin) == "typing.Union":
        options = get_args(kind)
        if data is None and NoneType in options:
            return None
        return _read(next(option for option in options if option is not NoneType), data, where)
    if origin in (list, tuple):
        items = [_read(get_args(kind)[0], item, f"{where}[{number}]") for number, item in enumerate(data)]
        return items if origin is list else tuple(items)
    if origin is dict or kind is Any:
        return data
    if is_dataclass(kind) and isinstance(kind, type):
        return _read_dataclass(kind, data, where)
    return _read_scalar(kind, data, where)


def _read_dataclass(kind: type, data: Any, where: str) -> Any:
    if not isinstance(data, dict):
        raise ValueError(f"{where}: an object is expected, not {type(data).__name__}")
    unknown = data.keys() - {field.name for field in fields(kind)}
    if unknown:
        raise ValueError(f"{where}: unknown fields {sorted(unknown)}")
    hints = _hints(kind)
    try:
        return kind(**{name: _read(hints[name], item, f"{where}.{name}") for name, item in data.items()})
    except TypeError as exc:
        raise ValueError(f"{where}: {exc}") from exc


def _read_scalar(kind: Any, data: Any, where: str) -> Any:
    if isinstance(kind, type) and issubclass(kind, Enum):
        return kind(data)
    if kind is datetime:
        return datetime.fromisoformat(data)
    if kind is date:
        return date.fromisoformat(data)
    if type(data) is not kind:
        raise ValueError(f"{where}: {getattr(kind, '__name__', kind)} is expected, not {type(data).__name__}")
    return data

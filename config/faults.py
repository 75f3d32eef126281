"""Says what is wrong with settings in two languages, by the variable's name and without its value."""

from __future__ import annotations

from collections.abc import Iterator

from pydantic import BaseModel, SecretStr, ValidationError

from config.errors import Fault
from config.sources import sections_of

SHORTEST_SECRET = 8
_KNOWN = frozenset(
    {
        "changeme",
        "change-me",
        "secret",
        "password",
        "default",
        "example",
        "test",
        "demo",
        "admin",
        "12345678",
        "postgres",
    }
)
_ADDRESSES = ("_url",)
_PLAIN = frozenset({"extra"})
"""Tables whose values are hidden like secrets but may be plain words: further headers."""


def faults_of(error: ValidationError, prefix: str, delimiter: str, root: type[BaseModel]) -> list[Fault]:
    """One fault per variable that pydantic refused."""
    faults = []
    for entry in error.errors(include_url=False, include_input=False, include_context=False):
        variable = prefix + delimiter.join(_path(entry["loc"], root)).upper()
        if entry["type"] == "missing":
            faults.append(Fault(variable, "còn thiếu", "is missing"))
        else:
            faults.append(Fault(variable, "có giá trị không dùng được", f"cannot be used: {entry['msg']}"))
    return faults


def _path(location: tuple[int | str, ...], root: type[BaseModel]) -> list[str]:
    """The path in the tree. Where a section may be one of several models pydantic puts the style's word in between; it is left out."""
    path: list[str] = []
    models, styled = [root], False
    for part in location:
        word = str(part)
        fields = [model.model_fields[word] for model in models if word in model.model_fields]
        if styled and not fields:
            styled = False
            continue
        path.append(word)
        models = [inner for field in fields for inner in sections_of(field)]
        styled = len(models) > 1
    return path


def weak_secrets(settings: BaseModel, prefix: str, delimiter: str) -> list[Fault]:
    """Secrets that are set but short or known to everybody. Addresses that hold a secret are judged by their users."""
    faults = []
    for path, secret in _secrets(settings, ()):
        value = secret.get_secret_value()
        if not value or path[-1].endswith(_ADDRESSES):
            continue
        variable = prefix + delimiter.join(path).upper()
        if value.lower() in _KNOWN or len(set(value)) == 1:
            faults.append(
                Fault(variable, "là giá trị mặc định ai cũng biết", "is a default that everybody knows")
            )
        elif len(value) < SHORTEST_SECRET:
            faults.append(
                Fault(
                    variable,
                    f"quá ngắn (ít nhất {SHORTEST_SECRET} ký tự)",
                    f"is too short (at least {SHORTEST_SECRET})",
                )
            )
    return faults


def _secrets(model: BaseModel, path: tuple[str, ...]) -> Iterator[tuple[tuple[str, ...], SecretStr]]:
    for name in type(model).model_fields:
        value = getattr(model, name)
        if isinstance(value, SecretStr):
            yield (*path, name), value
        elif isinstance(value, BaseModel):
            yield from _secrets(value, (*path, name))
        elif isinstance(value, dict) and name not in _PLAIN:
            for key, item in value.items():
                if isinstance(item, SecretStr):
                    yield (*path, name, str(key)), item

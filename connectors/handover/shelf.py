"""Profiles from the shelf of the package or from a file: read strictly, checked as a whole, errors in two languages with line and field."""

from __future__ import annotations

import re
import tomllib
from dataclasses import dataclass
from functools import lru_cache
from importlib import resources
from pathlib import Path

from pydantic import ValidationError

from connectors.handover.checks import checked
from connectors.handover.locate import line_of
from connectors.handover.profile import Profile

_LARGEST = 1_000_000
_WORDS = {
    "missing": ("thiếu trường bắt buộc", "a needed field is missing"),
    "extra_forbidden": ("không có trường tên này", "there is no field of this name"),
    "literal_error": ("giá trị không nằm trong danh sách", "not one of the allowed values"),
    "enum": ("giá trị không nằm trong danh sách", "not one of the allowed values"),
    "string_pattern_mismatch": ("sai dạng", "not of the agreed form"),
    "string_type": ("phải là chữ trong ngoặc kép", "must be text in quotes"),
    "too_short": ("không được để trống", "must not be empty"),
    "string_too_short": ("không được để trống", "must not be empty"),
}


@dataclass(frozen=True, slots=True)
class Problem:
    """One thing that is wrong. ``line`` from 1, or 0 when it stands nowhere."""

    line: int
    field: str
    vi: str
    en: str

    def __str__(self) -> str:
        where = f"dòng / line {self.line}, " if self.line else ""
        words = self.vi if self.vi == self.en else f"{self.vi} · {self.en}"
        return f"{where}{self.field}: {words}"


class ProfileWrong(ValueError):
    """A profile that cannot be used; ``problems`` are all that were found, in the order of their lines."""

    def __init__(self, source: str, problems: list[Problem]) -> None:
        self.problems = tuple(sorted(problems, key=lambda each: each.line))
        super().__init__("\n".join([f"{source}:", *(f"  {each}" for each in self.problems)]))


def shipped() -> tuple[str, ...]:
    """Names of the profiles that come with the package."""
    folder = resources.files("connectors.handover").joinpath("profiles")
    return tuple(
        sorted(each.name.removesuffix(".toml") for each in folder.iterdir() if each.name.endswith(".toml"))
    )


@lru_cache(maxsize=32)
def profile(named: str) -> Profile:
    """The profile of that name, or the one in that file (a name with a slash or ending in ``.toml``).

    Raises:
        ProfileWrong: with all that is wrong in it.
        ValueError: no such name; the message lists those that are there.
    """
    if named.endswith(".toml") or "/" in named:
        try:
            return read(Path(named).read_bytes(), named)
        except OSError as exc:
            raise ValueError(
                f"không đọc được tệp / the file cannot be read: {named} ({exc.strerror})"
            ) from exc
    if named not in shipped():
        there = ", ".join(shipped())
        raise ValueError(f"không có mẫu / there is no profile '{named}'; đang có / there are: {there}")
    raw = resources.files("connectors.handover").joinpath("profiles", f"{named}.toml").read_bytes()
    return read(raw, f"{named}.toml")


def read(raw: bytes, source: str) -> Profile:
    """A profile from the bytes of its TOML file.

    Raises:
        ProfileWrong
    """
    if len(raw) > _LARGEST:
        raise ProfileWrong(source, [Problem(0, "tệp / file", "quá lớn", "too large")])
    try:
        text = raw.decode("utf-8-sig")
    except UnicodeDecodeError as exc:
        line = raw[: exc.start].count(b"\n") + 1
        raise ProfileWrong(source, [Problem(line, "tệp / file", "không phải UTF-8", "not UTF-8")]) from exc
    try:
        value = tomllib.loads(text)
    except (tomllib.TOMLDecodeError, RecursionError) as exc:
        found = re.search(r"at line (\d+)", str(exc))
        at = int(found[1]) if found else len(text.splitlines())
        raise ProfileWrong(source, [Problem(at, "TOML", "sai cú pháp", f"syntax: {str(exc)[:120]}")]) from exc
    try:
        made = Profile.model_validate(value)
    except ValidationError as exc:
        raise ProfileWrong(
            source, [_problem(text, error) for error in exc.errors(include_url=False)]
        ) from exc
    wrong = [Problem(line_of(text, path), ".".join(map(str, path)), vi, en) for path, vi, en in checked(made)]
    if wrong:
        raise ProfileWrong(source, wrong)
    return made


def _problem(text: str, error: object) -> Problem:
    assert isinstance(error, dict)  # noqa: S101 - narrows the type
    path = tuple(
        part for part in error["loc"] if not str(part).startswith(("[key]", "constrained-", "literal["))
    )
    vi, en = _WORDS.get(error["type"], ("", ""))
    if error["type"] == "value_error":
        vi = en = str(error["ctx"]["error"])  # our own validators say it in both languages
    return Problem(line_of(text, path), _name(path), vi or "giá trị không hợp lệ", en or str(error["msg"]))


def _name(path: tuple[object, ...]) -> str:
    return ".".join(map(str, path)) or "hồ sơ / profile"

"""Status codes of the Post, dated. The table is ``statuses.csv`` beside this file; what is not public is not in it."""

from __future__ import annotations

import csv
from dataclasses import dataclass
from datetime import date
from functools import cache
from importlib import resources

from mappings.canonical.post import PostState
from mappings.errors import MappingError
from mappings.tables.dated import added

TABLE = "post_statuses"


@dataclass(frozen=True, slots=True)
class PostStatus:
    """One row. ``of``: which list of theirs; ``mark``: how sure the fact is; ``valid_to``: ``None`` while it holds."""

    of: str
    code: str
    state: PostState
    name_vi: str
    name_en: str
    mark: str
    valid_from: date
    valid_to: date | None


@cache
def statuses() -> tuple[PostStatus, ...]:
    """The whole table."""
    text = resources.files(__name__).joinpath("statuses.csv").read_text("utf-8")
    lines = [line for line in text.splitlines() if line and not line.startswith("#")]
    return tuple(
        PostStatus(
            of=row["list"],
            code=row["code"],
            state=PostState(row["state"]),
            name_vi=row["name_vi"],
            name_en=row["name_en"],
            mark=row["mark"],
            valid_from=date.fromisoformat(row["valid_from"]),
            valid_to=date.fromisoformat(row["valid_to"]) if row["valid_to"] else None,
        )
        for row in csv.DictReader(lines)
    )


def status(code: str, on: date, *, of: str = "tracking") -> PostStatus:
    """What ``code`` meant on the day ``on``.

    Raises:
        MappingError: no such code in the list on that day.
    """
    person = added(f"post.{of}", "post_state", on, code=code)
    if person is not None:
        state = PostState(person.meaning)
        return PostStatus(of, code, state, code, code, person.confidence, person.valid_from, person.valid_to)
    for row in statuses():
        is_valid = row.valid_from <= on and (row.valid_to is None or on <= row.valid_to)
        if (row.of, row.code) == (of, code) and is_valid:
            return row
    raise MappingError(TABLE, f"{of}/{code}", f"on {on.isoformat()}")

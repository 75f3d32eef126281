"""Tables with rows of their own shape, as rows of the common one, so that one check and one desk see them all."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date

from mappings.tables import applicants, igate_statuses, land_statuses, national_statuses, post_statuses
from mappings.tables.dated import Row, Way

NATIONAL_FROM = date(2020, 4, 20)
"""Day of the portal's guide 1.4.24, the oldest that names its ten states."""
IGATE_FROM = date(2020, 1, 1)
"""Assumed: no list of the case system says since when it holds."""
_SURE, _ASSUMED = "B", "D"


def dossier_states() -> Iterator[Row]:
    """Of the national portal, the case system and the land registers.

    The portal's number also depends on whether the office had accepted the dossier; these rows are those before acceptance
    (``national_statuses.number_of`` knows both).
    """
    told = {
        state: number for (state, accepted), number in national_statuses.numbers().items() if not accepted
    }
    for number, status in national_statuses.statuses().items():
        both = told.get(status.state) == number
        yield _row("dvcqg", str(number), status.state, NATIONAL_FROM, "A", Way.BOTH if both else Way.READ)
    for state, number in told.items():
        if national_statuses.status(number).state is not state:
            yield _row("dvcqg", str(number), state, NATIONAL_FROM, _ASSUMED, Way.SENT)
    for code, meaning in igate_statuses.statuses().items():
        mark = _ASSUMED if meaning.assumed else _SURE
        yield _row("igate", str(code), meaning.state, IGATE_FROM, mark, Way.READ)
    for one in land_statuses.statuses():
        yield Row(
            f"land.{one.list}",
            "dossier_state",
            one.code,
            one.state.value,
            one.valid_from,
            one.valid_to,
            "mappings.tables.land_statuses",
            _ASSUMED if one.assumed else _SURE,
            Way.READ,
        )


def applicant_kinds() -> Iterator[Row]:
    """Who applies, of every system that numbers it."""
    for one in applicants.applicants():
        yield Row(
            one.system,
            "applicant",
            one.code,
            one.kind.value,
            one.begins,
            one.ends,
            "mappings.tables.applicants",
            _ASSUMED if one.assumed else _SURE,
            Way.BOTH if one.read else Way.SENT,
        )


def post_states() -> Iterator[Row]:
    """Of the Post's lists."""
    for one in post_statuses.statuses():
        yield Row(
            f"post.{one.of}",
            "post_state",
            one.code,
            one.state.value,
            one.valid_from,
            one.valid_to,
            "mappings.tables.post_statuses",
            one.mark,
            Way.READ,
        )


def _row(system: str, code: str, state: str, since: date, mark: str, way: Way) -> Row:
    name = "national_statuses" if system == "dvcqg" else "igate_statuses"
    return Row(
        system, "dossier_state", code, str(state), since, None, f"mappings.tables.{name}", mark, way
    )  # fmt: skip


__all__ = ["IGATE_FROM", "NATIONAL_FROM", "applicant_kinds", "dossier_states", "post_states"]

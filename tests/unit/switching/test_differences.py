"""What shadow mode says of two answers: fields and kinds, never a value; and that it never stands in the way."""

from __future__ import annotations

import threading
from dataclasses import dataclass, replace
from datetime import UTC, datetime

import pytest

from connectors.errors import Rejected, Unavailable
from connectors.kit.shadow import Compared, Result, Shadow, differences
from connectors.kit.switching import Version
from mappings.canonical.dossier import FeeDemand, FeeKind, FeeLineDemand


@dataclass(frozen=True)
class Thing:
    name: str = "NGUYỄN THỊ KÍN"
    count: int = 1
    done: bool = False
    at: datetime | None = datetime(2026, 11, 23, tzinfo=UTC)
    parts: tuple[str, ...] = ("a", "b")
    form: tuple[tuple[str, str], ...] = ()
    more: object = None


LINE = FeeLineDemand("P", "Phí thẩm định", FeeKind.PHI, 100_000, required=True, paid=False)


@pytest.mark.parametrize(
    ("change", "wanted"),
    [
        ({}, ()),
        ({"name": "Nguyễn  Thị Kín"}, (("name", "spelling"),)),
        ({"name": "TRẦN VĂN MỘT"}, (("name", "text"),)),
        ({"count": 2}, (("count", "number"),)),
        ({"done": True}, (("done", "flag"),)),
        ({"at": None}, (("at", "missing_new"),)),
        ({"at": datetime(2026, 11, 24, tzinfo=UTC)}, (("at", "time"),)),
        ({"parts": ("a",)}, (("parts[]", "count"),)),
        ({"parts": ("a", "c")}, (("parts[]", "text"),)),
        ({"more": b"x"}, (("more", "missing_old"),)),
        ({"count": "1"}, (("count", "type"),)),
        ({"count": 2, "done": True}, (("count", "number"), ("done", "flag"))),
    ],
)
def test_each_kind_of_difference_has_its_name(change, wanted):
    """A person who compares two systems wants to know where and how, and must not see whom."""
    assert differences(Thing(), replace(Thing(), **change)) == wanted


def test_lines_meet_by_their_code_whatever_their_order():
    """Two systems list the same fees in another order."""
    other = replace(LINE, code="Q")
    demand = FeeDemand("H", "1", (LINE, other))
    assert differences(demand, replace(demand, lines=(other, LINE))) == ()
    dearer = replace(demand, lines=(other, replace(LINE, amount=1)))
    assert differences(demand, dearer) == (("lines[].amount", "number"),)
    assert differences(demand, replace(demand, lines=(LINE,))) == (("lines[]", "missing_new"),)
    assert differences(demand, replace(demand, source_id="2"), ignored=frozenset({"source_id"})) == ()


def test_a_key_that_is_no_name_of_a_field_is_not_shown():
    """Free forms have keys that somebody typed."""
    found = differences({"001099000001 KÍN": "a", "request": "b"}, {"001099000001 KÍN": "c", "request": "d"})
    assert found == (("?", "text"), ("request", "text"))


def test_one_has_it_and_the_other_has_not():
    """A dossier that was left behind is the difference that matters most."""
    none = Rejected("none", system="igate", operation="dossier", code="404")
    assert differences(Thing(), none) == (("*", "missing_new"),)
    assert differences(none, Thing()) == (("*", "missing_old"),)
    assert differences(none, none) == ()
    assert differences(Thing(), None) == (("*", "missing_new"),)


def shadow(report, *, waiting: int = 10) -> Shadow:
    return Shadow("igate", report, waiting=waiting, ignored=frozenset())


def test_a_comparison_names_the_versions_the_right_way_round():
    """'Missing in the old one' said of the new one sends people to the wrong desk."""
    heard: list[Compared] = []
    watching = shadow(heard.append)
    watching.later("dossier", "H", Version.OLD, Thing(), lambda: replace(Thing(), at=None))
    watching.later("dossier", "H", Version.NEW, Thing(), lambda: replace(Thing(), at=None))
    watching.drained()
    assert [each.differences for each in heard] == [(("at", "missing_new"),), (("at", "missing_old"),)]


def test_whatever_the_other_version_does_stays_behind_the_curtain():
    """Neither an outage nor a bug of the comparison, nor of who hears it, ends the watching."""
    heard: list[Compared] = []

    def report(compared: Compared) -> None:
        heard.append(compared)
        raise ValueError("the report is broken")

    def away() -> Thing:
        raise Unavailable("down", system="igate", operation="dossier")

    def broken() -> Thing:
        raise KeyError("x")

    watching = shadow(report)
    for ask in (away, broken, Thing):
        watching.later("dossier", "H", Version.OLD, Thing(), ask)
    watching.drained()
    assert [each.result for each in heard] == [Result.NOT_COMPARED, Result.NOT_COMPARED, Result.SAME]


def test_who_reads_never_waits_for_the_other_version():
    """The other version hangs: the queue fills, the rest is left out and counted."""
    heard: list[Compared] = []
    hangs, begun = threading.Event(), threading.Event()

    def slow() -> Thing:
        begun.set()
        hangs.wait(10)
        return Thing()

    watching = shadow(heard.append, waiting=2)
    watching.later("dossier", "H", Version.OLD, Thing(), slow)
    assert begun.wait(10)
    for _ in range(5):
        watching.later("dossier", "H", Version.OLD, Thing(), Thing)
    assert [each.result for each in heard] == [Result.LEFT_OUT] * 3
    hangs.set()
    watching.drained()
    assert [each.result for each in heard[3:]] == [Result.SAME] * 3

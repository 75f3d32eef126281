"""How far a connector has come: bronze can be called, silver can be run, gold has been tried against everything.

Pure: rules over facts that somebody else gathered. A tier is earned when all its rules and those below hold.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from enum import IntEnum


class Tier(IntEnum):
    """In order."""

    NONE = 0
    BRONZE = 1
    SILVER = 2
    GOLD = 3

    @property
    def words(self) -> tuple[str, str]:
        """Vietnamese, English."""
        return _WORDS[self]


_WORDS = {
    Tier.NONE: ("chưa có bậc", "none"),
    Tier.BRONZE: ("đồng", "bronze"),
    Tier.SILVER: ("bạc", "silver"),
    Tier.GOLD: ("vàng", "gold"),
}


@dataclass(frozen=True, slots=True)
class Facts:
    """What was seen of one connector. The names in the tuples are what is missing; empty: nothing is.

    Attributes:
        schema: settings and wire models stand in its folder.
        stub: it has a sandbox of its name.
        connection_test: its tests run the suite of all connectors.
        suite_passed: what the run said; ``None``: it was not run.
        wordless: operations without words for people.
        undeclared: writes that do not say how their outcome is found.
        registered: the registry names it, so that the engine keeps a row of limits for it.
        limits_told: its page tells the limits, or that none are published.
        tagged: its wire models say what is personal, or which fields alone may be shown; or it shows none at all.
        planted: its tests send a made-up person through every operation and look for it in notes and errors.
        untried: operations that the fault suite does not call.
        replay: a test repeats a call or a notification and counts; or it only reads and nothing is pushed to us.
        runbook: its page tells what to do when it fails.
    """

    system: str
    schema: bool = False
    stub: bool = False
    connection_test: bool = False
    suite_passed: bool | None = None
    wordless: tuple[str, ...] = ()
    undeclared: tuple[str, ...] = ()
    registered: bool = False
    limits_told: bool = False
    tagged: bool = False
    planted: bool = False
    untried: tuple[str, ...] = ()
    replay: bool = False
    runbook: bool = False


@dataclass(frozen=True, slots=True)
class Rule:
    """One thing that must hold.

    Attributes:
        holds: of the facts.
        names: what is missing, where that can be told one by one.
    """

    name: str
    tier: Tier
    vi: str
    en: str
    holds: Callable[[Facts], bool]
    names: Callable[[Facts], tuple[str, ...]] = lambda _: ()


RULES = (
    Rule(
        "schema",
        Tier.BRONZE,
        "có settings.py và wire.py",
        "settings.py and wire.py are there",
        lambda f: f.schema,
    ),
    Rule(
        "stub",
        Tier.BRONZE,
        "có hệ thống giả lập (sandbox.py)",
        "a sandbox is there (sandbox.py)",
        lambda f: f.stub,
    ),
    Rule(
        "connection-test",
        Tier.BRONZE,
        "tests/contract/TÊN/test_conformance.py chạy và đạt",
        "tests/contract/NAME/test_conformance.py runs and passes",
        lambda f: f.connection_test and f.suite_passed is not False,
    ),
    Rule(
        "words",
        Tier.BRONZE,
        "words.toml gọi tên hệ thống và từng thao tác",
        "words.toml names the system and each operation",
        lambda f: not f.wordless,
        lambda f: f.wordless,
    ),
    Rule(
        "look-up",
        Tier.SILVER,
        "mọi thao tác ghi nói rõ cách tra kết quả",
        "every write says how its outcome is found",
        lambda f: not f.undeclared,
        lambda f: f.undeclared,
    ),
    Rule(
        "quota",
        Tier.SILVER,
        "có trong connectors/registry.py (dòng hạn mức) và trang tài liệu nêu giới hạn",
        "in connectors/registry.py (row of limits), and its page tells the limits",
        lambda f: f.registered and f.limits_told,
        lambda f: (*(() if f.registered else ("registry",)), *(() if f.limits_told else ("docs",))),
    ),
    Rule(
        "masking",
        Tier.SILVER,
        "chỉ trường được nêu (SHOWN, PERSONAL) hoặc không trường nào hiện ra, và phép thử có người giả định",
        "only tagged fields (SHOWN, PERSONAL) or none at all are shown, and the tests plant a person",
        lambda f: f.tagged and f.planted,
        lambda f: (*(() if f.tagged else ("tags",)), *(() if f.planted else ("planted person",))),
    ),
    Rule(
        "fault-suite",
        Tier.GOLD,
        "bộ phép thử lỗi gọi mọi thao tác",
        "the fault suite calls every operation",
        lambda f: f.connection_test and not f.untried,
        lambda f: f.untried,
    ),
    Rule(
        "replay",
        Tier.GOLD,
        "có phép thử phát lại: hai lần vẫn là một",
        "a replay proof: twice is once",
        lambda f: f.replay,
    ),
    Rule(
        "runbook",
        Tier.GOLD,
        "trang tài liệu có mục 'Khi hỏng' đã viết",
        "its page has a written section 'When it fails'",
        lambda f: f.runbook,
    ),
)


@dataclass(frozen=True, slots=True)
class Judgement:
    """The tier, and the rules that do not hold, in the order in which they are to be earned."""

    tier: Tier
    missing: tuple[tuple[Rule, tuple[str, ...]], ...]


def judged(facts: Facts) -> Judgement:
    """What a connector has earned."""
    missing = tuple((rule, rule.names(facts)) for rule in RULES if not rule.holds(facts))
    lowest = min((rule.tier for rule, _ in missing), default=None)
    return Judgement(Tier.GOLD if lowest is None else Tier(lowest - 1), missing)

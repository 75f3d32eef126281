"""Holds what the other offices have against what really happened: nothing lost, nothing doubled, nothing out of order."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping

from adapters.cli.day.facts import Facts, Known, Story
from adapters.cli.day.figures import Wrong

EVERYBODY = ("dvcqg", "lgsp")
"""Offices that hear of every dossier."""
BY_AGENCY = {"H21.15": "land", "H21.12": "handover.xay-dung", "H21.08": "handover.gplx"}
"""Agency → the specialised software that its dossiers go to."""
_MEANT: Mapping[str, frozenset[str]] = {
    "": frozenset({"2", "4"}),
    "refused": frozenset({"3", "8"}),
    "withdrawn": frozenset({"7"}),
    "cancelled": frozenset({"7", "8"}),
    "finished": frozenset({"9", "10"}),
}
"""How a dossier ended → the national states that say so; the numbers are those of the portal's own list."""


def wrong(facts: Facts) -> Iterator[Wrong]:
    """Everything that does not hold."""
    if not facts.heard:
        return
    yield from _looks(facts)
    named = "\n".join(f"{item.kind} {item.key} {item.dossier}" for item in facts.items)
    there = {(each.office, each.dossier): each for each in facts.known}
    for story in facts.stories.values():
        for office in _hearers(story):
            known = there.get((office, story.code))
            if known is None:
                if f"{office}:{story.code}" not in named:
                    yield _of("office-lost", office, story, "không có hồ sơ", "does not have the dossier")
                continue
            yield from _once(story, known)
            if f"{office}:{story.code}" not in named:  # what a person has on the desk waits for that person
                yield from _true(story, known)
    for office, code in there:
        if code not in facts.stories:
            yield Wrong(
                "office-invented",
                f"{office} {code}",
                "có hồ sơ không ai nộp",
                "has a dossier that nobody filed",
            )


def _looks(facts: Facts) -> Iterator[Wrong]:
    """Every look at a person is in the ledger of purposes, and no request id came twice."""
    by_register = Counter(register for register, _ in facts.looks)
    for register, count in by_register.items():
        ours = facts.asked.get(register, 0)
        if ours != count:
            yield Wrong(
                "look-unnamed",
                register,
                f"bị xem {count} lần, sổ mục đích ghi {ours}",
                f"{count} looks, {ours} purposes",
            )
    for (register, request), times in Counter(facts.looks).items():
        if times > 1:
            yield Wrong(
                "look-doubled",
                register,
                f"mã yêu cầu {request} đến {times} lần",
                f"{request} came {times} times",
            )


def _hearers(story: Story) -> Iterator[str]:
    yield from EVERYBODY
    software = BY_AGENCY.get(story.code.partition("-")[0])
    if software:
        yield software


def _once(story: Story, known: Known) -> Iterator[Wrong]:
    """Nothing was told twice, and in order."""
    if known.again:
        times = known.again + 1
        yield _of(
            "office-doubled", known.office, story, f"nhận {times} lần", f"was handed over {times} times"
        )
    twice = [step for step, times in Counter(known.steps).items() if times > 1]
    if twice:
        yield _of(
            "office-doubled", known.office, story, f"bước lặp {twice[0]}", f"a step came twice: {twice[0]}"
        )
    if known.office == "dvcqg":  # their moments sort as text
        moments = [moment for _, moment in known.steps]
        if moments != sorted(moments):
            yield _of("office-order", known.office, story, "bước sai thứ tự", "steps came out of order")


def _true(story: Story, known: Known) -> Iterator[Wrong]:
    """What the office has is what really is."""
    if not known.papers:
        yield _of("office-papers", known.office, story, "thiếu giấy tờ", "has no papers")
    if known.office not in EVERYBODY:
        return
    states = {known.state, known.steps[-1][0]} if known.steps else {known.state}
    if not states <= _MEANT[_ending(story)]:
        yield _of(
            "office-state", known.office, story, f"đang ghi {sorted(states)}, hồ sơ: {_ending(story) or 'đang xử lý'}",
            f"says {sorted(states)}, the dossier is {_ending(story) or 'open'}",
        )  # fmt: skip


def _ending(story: Story) -> str:
    return story.closed or ("finished" if story.finished else "")


def _of(what: str, office: str, story: Story, vi: str, en: str) -> Wrong:
    return Wrong(what, f"{office} {story.code}", f"{office}: {vi}", f"{office}: {en}")

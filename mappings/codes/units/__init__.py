"""Administrative units by date: lists before and after 01/07/2025 and after 30/04/2026, and what became of what.

A code without its date is wrong data (00004 was Trúc Bạch, is now Ba Đình), so every question takes the day. Tables are read at
the first question: ``units.csv``, ``successions.csv`` and ``notes.csv`` beside this file name their sources.
"""

from __future__ import annotations

from mappings.codes.units.lists import (
    KNOWN_FROM,
    MERGED_ON,
    Level,
    Unit,
    children,
    full_name,
    named,
    unit,
    units,
)
from mappings.codes.units.places import Outcome, PlaceFound, Reason, place_named, place_on
from mappings.codes.units.successions import Candidate, Gap, became, gaps

__all__ = [
    "KNOWN_FROM",
    "MERGED_ON",
    "Candidate",
    "Gap",
    "Level",
    "Outcome",
    "PlaceFound",
    "Reason",
    "Unit",
    "became",
    "children",
    "full_name",
    "gaps",
    "named",
    "place_named",
    "place_on",
    "unit",
    "units",
]

"""Settings → connectors; the one place that names every outside system."""

from __future__ import annotations

import tomllib
from collections.abc import Callable
from dataclasses import dataclass, field
from importlib import import_module, resources
from typing import Any

from connectors.kit.connection import Connect, Connection
from connectors.kit.effects import ExchangeLog, Operation
from connectors.kit.seams import Clock
from connectors.kit.sidebyside import Beside
from connectors.kit.transport import Transport

SYSTEMS = (
    "statements",
    "vnpay",
    "payment_platform",
    "igate",
    "dvcqg",
    "lgsp",
    "population",
    "business_registration",
    "land",
    "judicial_records",
    "social_insurance",
    "post",
    "civil_status",
    "ministry",
    "handover",
    "momo",
    "zalopay",
    "vietqr",
    "keypay",
    "paygov",
    "vnpt_pay",
    "admin_units",
    "csc",
    "smartca",
    "mysign",
)
"""Folders of the outside systems, which are the names of their settings sections too."""
SIDE_BY_SIDE = ("igate",)
"""Systems that may be there in two versions: section ``<name>_new`` of the second one, ``<name>_switch`` of what goes where."""


@dataclass(slots=True)
class Connectors:
    """Everything that leads outside in one process.

    Attributes:
        operations: (system, operation) → its declaration, for the effect engine.
        clients: system → its client, for feeds and files.
        verifiers: door → what comes in there, raw → news (see each ``notifications``).
    """

    operations: dict[tuple[str, str], Operation] = field(default_factory=dict)
    clients: dict[str, Any] = field(default_factory=dict)
    verifiers: dict[str, Callable[..., Any]] = field(default_factory=dict)
    transports: list[Transport] = field(default_factory=list)

    def take(self, made: Connection) -> None:
        """Take in one system.

        Raises:
            ValueError: an operation is declared twice.
        """
        # One folder may stand for several systems (``handover.gplx``): its client is then a mapping of theirs.
        self.clients.update(made.client if isinstance(made.client, dict) else {made.system: made.client})
        self.transports += made.transports
        self.verifiers.update(made.verifiers)
        for operation in made.operations:
            key = (operation.system, operation.name)
            if key in self.operations:
                raise ValueError(f"{key[0]}.{key[1]} is declared twice")
            self.operations[key] = operation

    def close(self) -> None:
        """Close connections that are at rest."""
        for transport in self.transports:
            transport.close()


def words() -> dict[str, dict[str, Any]]:
    """System → how people call it (``name``) and what it can do (``operation``): pairs of Vietnamese and English."""
    found = {}
    for system in SYSTEMS:
        text = resources.files(f"connectors.{system}").joinpath("words.toml").read_text("utf-8")
        found[system] = tomllib.loads(text)
    return found


def sides(system: str) -> Any:
    """What a system's folder knows of its two versions: ``READS``, ``WRITES``, ``SHADOWABLE``, ``facts``, ``beside``."""
    return import_module(f"connectors.{system}.sides")


def build(
    settings: Any, *, clock: Clock, log: ExchangeLog | None = None, with_: Beside | None = None
) -> Connectors:
    """The connectors of every system that the installation uses. Nothing is connected yet.

    Args:
        settings: one section per system (``config.connector_sections``); ``None``: not used.
        log: gets the exchanges of calls that are no effects (feeds, files).
        with_: what systems in two versions need of the installation; without it settings alone switch.

    Raises:
        ValueError: a switch names what there is not.
    """
    made = Connectors()
    for name in SYSTEMS:
        section = getattr(settings, name)
        if section is not None:
            # Only what is used is loaded: an installation has some of the systems, and every process pays for each.
            connect: Connect = import_module(f"connectors.{name}.connect").connected
            one = connect(section, clock=clock, log=log)
            newer = getattr(settings, f"{name}_new", None) if name in SIDE_BY_SIDE else None
            if newer is not None:
                switch, two = getattr(settings, f"{name}_switch"), connect(newer, clock=clock, log=log)
                one = sides(name).beside(one, two, switch, with_ or Beside(), clock=clock)
            made.take(one)
    return made

"""Handing files out to officials and judging what comes back. No call leaves us: the program on the official's computer fetches and brings.

So there is no operation for the effect engine: what was handed out is found by what is brought back, or by a person.
"""

from __future__ import annotations

import hashlib
from dataclasses import dataclass, replace
from datetime import date, timedelta

from connectors.kit.seams import Clock
from connectors.kit.signing.errors import WrongSignature
from connectors.kit.signing.release import Judge, released
from connectors.vgca import passes, translate
from connectors.vgca.notifications import Returned
from connectors.vgca.settings import Settings
from connectors.vgca.wire import Action
from mappings.canonical.signature import Tree
from mappings.canonical.signing import DocumentKind, HandedOut, Level, SignedDocument

SYSTEM = "vgca"


@dataclass(frozen=True, slots=True)
class Offer:
    """What the page of the official gets.

    Attributes:
        handed: to be stored: the file must be judged by it when it comes back.
        socket, text: where to connect and the one text to send.
        access: the pass inside the text; whoever has it may fetch and bring this one file until it ends.
    """

    handed: HandedOut
    socket: str
    text: str
    access: str


class Client:
    """One installation's doors to the officials' computers."""

    def __init__(self, settings: Settings, *, clock: Clock) -> None:
        """Nothing is connected, ever."""
        self._settings, self._clock = settings, clock

    def offer(
        self,
        raw: bytes,
        *,
        transaction: str,
        document: str,
        name: str,
        number: str = "",
        action: Action = Action.APPROVE,
        doc_number: str = "",
        issued: date | None = None,
    ) -> Offer:
        """Hand out exactly these bytes.

        Args:
            number: personal number of the official who is to sign; empty: any official.
        """
        until = self._clock.now() + timedelta(seconds=self._settings.pass_seconds)
        handed = HandedOut(
            transaction, document, name, hashlib.sha256(raw).hexdigest(), len(raw), until, number
        )
        access = passes.made(handed, self._settings)
        made = translate.message_for(
            handed, access, self._settings, action=action, number=doc_number, issued=issued
        )
        return Offer(handed, made["socket"], made["text"], access)

    def asked_for(self, access: str) -> HandedOut:
        """Which file a download asks for.

        Raises:
            Forged: not our pass, or over.
        """
        return passes.opened(access, self._settings, clock=self._clock)

    def take_back(self, returned: Returned, handed: HandedOut, *, judge: Judge) -> SignedDocument:
        """Judge a file that was brought back; nothing is stored before.

        Args:
            handed: as stored when it was handed out: the pass does not say who is to sign.

        Raises:
            WrongSignature: it is not this file with something added: ``other-file``, or as it was: ``value``.
            NotReleased: not validly signed by the official who was asked, under the officials' tree, to its last byte.
        """
        if replace(handed, number="", name="") != returned.handed:
            raise WrongSignature("other-file", "the pass is for another hand-out")
        raw = returned.raw
        if hashlib.sha256(raw).hexdigest() == handed.file_sha256:
            raise WrongSignature("value", "it came back as it was handed out")
        if self._settings.must_grow and (
            hashlib.sha256(raw[: handed.size]).hexdigest() != handed.file_sha256
        ):
            raise WrongSignature("other-file", "it does not begin with what was handed out")
        return released(
            raw,
            document=handed.document,
            name=handed.name,
            kind=DocumentKind.PDF,
            level=Level.B,
            judge=judge,
            tree=Tree.VGCA,
            number=handed.number,
        )


__all__ = ["SYSTEM", "Client", "Offer"]

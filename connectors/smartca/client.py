"""Signatures by VNPT SmartCA: the signer confirms in the phone app, we ask until it is done. Threads may share a client."""

from __future__ import annotations

from connectors.errors import Rejected
from connectors.kit.effects import Finding, NotDone
from connectors.kit.seams import Clock, Ids, monotonic_seconds
from connectors.kit.signing.asked import Doorkeeper, asked_about, checked, chosen, finding
from connectors.kit.signing.line import JsonLine
from connectors.smartca.gateway import NOT_FOUND, SYSTEM, Gateway
from connectors.smartca.older import Older
from connectors.smartca.settings import Service, Settings
from mappings.canonical.signing import SessionAsked, SigningCertificate, SigningRequest, SigningSession

SHOWN = frozenset({"status_code", "transaction_id", "code", "tranId", "refTranId"})
"""Never ``message``: it may hold a sentence that names a person."""


class Client:
    """One province's account. Confirmation is always the signer's own, on the phone: passwords and OTP secrets of people are not kept."""

    def __init__(self, settings: Settings, line: JsonLine, *, clock: Clock, ids: Ids) -> None:
        """See :mod:`connectors.smartca.connect`."""
        self._settings = settings
        self.door = Doorkeeper(clock.now)
        self._speaks: Gateway | Older = (
            Gateway(settings, line, clock=clock, ids=ids)
            if settings.service is Service.SP769
            else Older(settings, line, clock=clock)
        )

    @property
    def finds_by_our_name(self) -> bool:
        """Whether a session can be found by the name that we gave it."""
        return self._settings.service is Service.SP769 and self._settings.status_by == "transaction_id"

    def get_certificates(
        self, signer: str, *, deadline_seconds: float | None = None
    ) -> list[SigningCertificate]:
        """The signer's certificates, personal ones and seals.

        Raises:
            Unavailable, Rejected, ContractBroken, CredentialsRefused
        """
        return self._speaks.certificates(signer, deadline_seconds or self._settings.deadline_seconds)

    def sign_hashes(
        self, request: SigningRequest, *, deadline_seconds: float | None = None
    ) -> SigningSession:
        """Open a session: one confirmation for all documents. The certificate is looked at first.

        Raises:
            Rejected: refused by them, or here before anything left (``not-sent``, ``certificate-…``).
            AlreadyDone: they know this transaction; ask for it.
            OutcomeUnknown: the signer may have been asked; never opened again without asking.
            Unavailable: nothing has left.
        """
        checked(request, most=self._settings.most_documents, system=SYSTEM)
        until = monotonic_seconds() + (deadline_seconds or self._settings.deadline_seconds)
        held = chosen(
            self.get_certificates(request.signer, deadline_seconds=_left(until)), request, system=SYSTEM
        )
        self.door.passes(held, system=SYSTEM, reference=request.transaction)
        return self._speaks.open(request, held.credential, _left(until))

    def session_status(self, asked: SessionAsked, *, deadline_seconds: float | None = None) -> SigningSession:
        """Where a session stands, with the values once it is signed.

        Raises:
            Rejected: ``not-found``: they do not know it (no proof that it never was).
            Unavailable, ContractBroken, CredentialsRefused
        """
        return self._speaks.status(asked, deadline_seconds or self._settings.deadline_seconds)

    def find(self, request: SigningRequest, *, deadline_seconds: float) -> Finding:
        """What became of a session whose opening got no answer. 'Not found' is no proof: it is not published what it means.

        Raises:
            Unavailable
        """
        try:
            return finding(self.session_status(asked_about(request), deadline_seconds=deadline_seconds))
        except Rejected as exc:
            return NotDone(code=exc.code)


def _left(until: float) -> float:
    return max(0.001, until - monotonic_seconds())


__all__ = ["NOT_FOUND", "SHOWN", "SYSTEM", "Client"]

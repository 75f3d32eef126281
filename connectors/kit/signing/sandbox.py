"""What the sandboxes of signature CAs are made of: an authority of their own, people with phones, sessions that end as told.

Shares nothing with the clients but ``connectors.kit.sandbox``; makes keys and certificates with ``cryptography`` alone. Control:
``POST /_sandbox/NAME/citizen`` says what the next signers do, ``GET /_sandbox/NAME/trust`` gives root and revocation lists.
"""

from __future__ import annotations

import base64
import http.client
import json
import threading
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from functools import cache
from typing import Any
from urllib.parse import urlsplit

from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec, padding, rsa
from cryptography.hazmat.primitives.asymmetric.utils import Prehashed
from cryptography.hazmat.primitives.serialization import Encoding
from cryptography.x509.oid import NameOID

from connectors.kit.sandbox import Clock, Sandbox, SandboxAnswer, SandboxRequest, route

_CONTROL = "control"
SINCE, UNTIL = datetime(2025, 1, 1, tzinfo=UTC), datetime(2030, 1, 1, tzinfo=UTC)
DOES = ("confirm", "refuse", "ignore", "fail")
SPOILS = ("", "other_hash", "other_key", "missing", "swapped", "garbage")


@cache
def _rsa(number: int) -> rsa.RSAPrivateKey:
    del number
    return rsa.generate_private_key(65537, 2048)


@cache
def _curve(number: int) -> ec.EllipticCurvePrivateKey:
    del number
    return ec.generate_private_key(ec.SECP256R1())


@dataclass(slots=True)
class Holder:
    """Somebody with a certificate. ``status``: what the provider says of it, in its own words."""

    user: str
    credential: str
    name: str
    certificate: x509.Certificate
    key: Any
    kind: str = "person"
    status: str = ""

    @property
    def der(self) -> bytes:
        return self.certificate.public_bytes(Encoding.DER)

    @property
    def text(self) -> str:
        return base64.b64encode(self.der).decode("ascii")

    def sign(self, digest: bytes) -> bytes:
        """A raw value over a SHA-256 digest."""
        already = Prehashed(hashes.SHA256())
        if isinstance(self.key, rsa.RSAPrivateKey):
            return self.key.sign(digest, padding.PKCS1v15(), already)
        value: bytes = self.key.sign(digest, ec.ECDSA(already))
        return value


class Authority:
    """A root and an issuing CA that exist nowhere else."""

    def __init__(self, name: str) -> None:
        self.name = name
        self._root_key, self._key = _curve(1), _curve(2)
        self.root = self._made(f"Root thử nghiệm {name}", self._root_key, None, authority=True)
        self.ca = self._made(f"CA thử nghiệm {name}", self._key, self.root, authority=True)
        self.revoked: dict[int, datetime] = {}

    def issue(
        self,
        name: str,
        uid: str,
        number: int,
        *,
        since: datetime = SINCE,
        until: datetime = UNTIL,
        organisation: str = "",
        curve: bool = False,
    ) -> tuple[x509.Certificate, Any]:
        """A certificate with its key; the same key for the same number: making them takes time."""
        key: Any = _curve(10 + number) if curve else _rsa(number)
        made = self._made(
            name, key, self.ca, uid=uid, organisation=organisation, since=since, until=until, authority=False
        )
        return made, key

    def lists(self, now: datetime) -> list[bytes]:
        """Fresh revocation lists of root and CA."""
        return [
            self._list(self.root, self._root_key, {}, now),
            self._list(self.ca, self._key, self.revoked, now),
        ]

    def _made(
        self, name: str, key: Any, issuer: x509.Certificate | None, *, authority: bool, **more: Any
    ) -> x509.Certificate:
        parts = [
            x509.NameAttribute(NameOID.COUNTRY_NAME, "VN"),
            x509.NameAttribute(NameOID.COMMON_NAME, name),
        ]
        if more.get("organisation"):
            parts.insert(1, x509.NameAttribute(NameOID.ORGANIZATION_NAME, more["organisation"]))
        if more.get("uid"):
            parts.append(x509.NameAttribute(NameOID.USER_ID, more["uid"]))
        subject = x509.Name(parts)
        by, by_key = (subject, key) if issuer is None else (issuer.subject, self._issuing(issuer))
        since, until = more.get("since", SINCE), more.get("until", UNTIL)
        builder = x509.CertificateBuilder(
            by, subject, key.public_key(), x509.random_serial_number(), since, until
        )
        usage = dict.fromkeys(
            ("key_encipherment", "data_encipherment", "key_agreement", "encipher_only", "decipher_only"),
            False,
        )
        usage |= {
            "digital_signature": not authority,
            "content_commitment": not authority,
            "key_cert_sign": authority,
            "crl_sign": authority,
        }
        builder = builder.add_extension(x509.BasicConstraints(authority, None), critical=True)
        builder = builder.add_extension(x509.KeyUsage(**usage), critical=True)
        builder = builder.add_extension(
            x509.SubjectKeyIdentifier.from_public_key(key.public_key()), critical=False
        )
        builder = builder.add_extension(
            x509.AuthorityKeyIdentifier.from_issuer_public_key(by_key.public_key()), critical=False
        )
        return builder.sign(by_key, hashes.SHA256())

    def _issuing(self, issuer: x509.Certificate) -> Any:
        return self._root_key if issuer == getattr(self, "root", None) else self._key

    def _list(self, issuer: x509.Certificate, key: Any, revoked: dict[int, datetime], now: datetime) -> bytes:
        builder = x509.CertificateRevocationListBuilder(
            issuer.subject, now - timedelta(hours=1), now + timedelta(days=7)
        )
        for serial, moment in revoked.items():
            builder = builder.add_revoked_certificate(x509.RevokedCertificateBuilder(serial, moment).build())
        builder = builder.add_extension(
            x509.AuthorityKeyIdentifier.from_issuer_public_key(key.public_key()), critical=False
        )
        return (
            builder.add_extension(x509.CRLNumber(1), critical=False)
            .sign(key, hashes.SHA256())
            .public_bytes(Encoding.DER)
        )


@dataclass(slots=True)
class Behaviour:
    """What a signer does when the phone asks: after so many seconds of the sandbox's clock; ``spoil``: what is wrong with the values."""

    does: str = "confirm"
    after_seconds: float = 0.0
    spoil: str = ""


@dataclass(slots=True)
class Session:
    """One request on a phone. ``hashes``: document → digest."""

    transaction: str
    theirs: str
    holder: Holder
    hashes: dict[str, bytes]
    opened_at: datetime
    behaviour: Behaviour
    description: str = ""
    notify: str = ""
    facts: dict[str, Any] = field(default_factory=dict)


class SigningSandbox(Sandbox):
    """Base of the sandboxes: people, sessions, their ends. ``window_seconds``: then a request that nobody answers is over."""

    authority_name = "Sandbox"
    window_seconds = 300.0

    def __init__(self, *, clock: Clock | None = None) -> None:
        super().__init__(clock=clock)
        self.authority = Authority(self.authority_name)
        self.holders: dict[str, Holder] = {}
        self.sessions: dict[str, Session] = {}
        self.behaviour = Behaviour()
        self.pushed: list[dict[str, Any]] = []
        self._threads: list[threading.Thread] = []
        self._number = 0
        for number, (user, credential, name, uid, kind) in enumerate(self.people()):
            certificate, key = self.authority.issue(name, uid, number)
            self.holders[credential] = Holder(user, credential, name, certificate, key, kind)

    def people(self) -> list[tuple[str, str, str, str, str]]:
        """(user, credential, name, UID of the subject, kind). Nobody here exists."""
        return []

    def knows(self, request: SandboxRequest) -> bool:
        parts = request.path.split("/")
        if len(parts) == 4 and parts[1] == "_sandbox" and parts[3] in ("citizen", "trust"):
            return parts[2] == self.system  # several of us may stand behind one address
        return super().knows(request)

    def named(self, kind: str) -> str:
        """A name of theirs that nobody else has."""
        self._number += 1
        return f"{kind}-{self._number:08d}"

    def opened(self, session: Session) -> Session:
        """Put it into the books."""
        self.sessions[session.theirs] = session
        return session

    def state(self, session: Session) -> str:
        """``waiting``, ``confirmed``, ``refused``, ``failed`` or ``expired``, at this moment."""
        waited = (self.clock.now() - session.opened_at).total_seconds()
        if session.behaviour.does != "ignore" and waited >= session.behaviour.after_seconds:
            return {"confirm": "confirmed", "refuse": "refused", "fail": "failed"}[session.behaviour.does]
        return "expired" if waited >= self.window_seconds else "waiting"

    def values(self, session: Session) -> list[tuple[str, str]]:
        """Document and value in base64, spoilt as the behaviour says."""
        key, spoil = session.holder, session.behaviour.spoil
        if spoil == "other_key":
            key = next(one for one in self.holders.values() if one.credential != key.credential)
        found = []
        for document, digest in session.hashes.items():
            signed = bytes(reversed(digest)) if spoil == "other_hash" else digest
            found.append((document, base64.b64encode(key.sign(signed)).decode("ascii")))
        if spoil == "garbage":
            found = [(document, "không phải chữ ký") for document, _ in found]
        if spoil == "missing":
            found.pop()
        if spoil == "swapped" and len(found) > 1:
            found = [(found[0][0], found[1][1]), (found[1][0], found[0][1]), *found[2:]]
        return found

    def push(self, url: str, facts: dict[str, Any], headers: dict[str, str] | None = None) -> None:
        """Send news from a thread of its own; whether it arrives is nobody's concern here."""
        self.pushed.append(facts)
        thread = threading.Thread(target=_posted, args=(url, facts, headers or {}), daemon=True)
        self._threads.append(thread)
        thread.start()

    def close(self) -> None:
        for thread in self._threads:
            thread.join(5.0)

    def session_books(self, more: Callable[[Session], dict[str, Any]] = lambda _: {}) -> list[dict[str, Any]]:
        """For a checker that shares no code with the product."""
        return [
            {
                "transaction": one.transaction,
                "theirs": one.theirs,
                "user": one.holder.user,
                "documents": {document: digest.hex() for document, digest in one.hashes.items()},
                "description": one.description,
                "state": self.state(one),
                **more(one),
            }
            for one in self.sessions.values()
        ]

    @route("POST", "/_sandbox/{system}/citizen", _CONTROL)
    def set_citizen(self, request: SandboxRequest) -> SandboxAnswer:
        """``{does, after_seconds?, spoil?}`` for the sessions that are opened from now on."""
        if request.parts["system"] != self.system:
            return as_json({"error": "no such sandbox"}, 404)
        facts = json.loads(request.body or b"{}")
        made = Behaviour(
            str(facts.get("does", "confirm")),
            float(facts.get("after_seconds", 0)),
            str(facts.get("spoil", "")),
        )
        if made.does not in DOES or made.spoil not in SPOILS:
            return as_json({"error": f"does is one of {DOES}, spoil one of {SPOILS}"}, 422)
        self.behaviour = made
        return as_json({"does": made.does}, 201)

    @route("GET", "/_sandbox/{system}/trust", _CONTROL)
    def trust(self, request: SandboxRequest) -> SandboxAnswer:
        """Root, issuing CA and fresh revocation lists, DER in base64: what a checker must be told to believe."""
        if request.parts["system"] != self.system:
            return as_json({"error": "no such sandbox"}, 404)
        pair = (self.authority.root, self.authority.ca)
        root, ca = (base64.b64encode(one.public_bytes(Encoding.DER)).decode() for one in pair)
        lists = [base64.b64encode(one).decode() for one in self.authority.lists(self.clock.now())]
        return as_json({"roots": [root], "intermediates": [ca], "crls": lists})


def as_json(data: object, status: int = 200) -> SandboxAnswer:
    """A JSON answer."""
    raw = json.dumps(data, ensure_ascii=False).encode()
    return SandboxAnswer(status, {"Content-Type": "application/json; charset=utf-8"}, raw)


def _posted(url: str, facts: dict[str, Any], headers: dict[str, str]) -> int:
    parts = urlsplit(url)
    kind = http.client.HTTPSConnection if parts.scheme == "https" else http.client.HTTPConnection
    connection = kind(parts.hostname or "", parts.port, timeout=5.0)
    try:
        raw = json.dumps(facts, ensure_ascii=False).encode()
        connection.request("POST", parts.path or "/", raw, {"Content-Type": "application/json", **headers})
        return connection.getresponse().status
    except (OSError, http.client.HTTPException):
        return 0
    finally:
        connection.close()


__all__ = ["Authority", "Behaviour", "Holder", "Session", "SigningSandbox", "as_json"]

"""The sandbox of Viettel MySign; written from ``contract/README.md``. Control: ``/_sandbox/mysign/...``."""

from __future__ import annotations

import base64
import http.client
import json
from datetime import datetime, timedelta
from typing import Any
from urllib.parse import urlsplit

from connectors.kit.sandbox import Clock, SandboxAnswer, SandboxRequest, route
from connectors.kit.signing.sandbox import Session, SigningSandbox, as_json

_STATES = {"waiting": 4000, "confirmed": 1, "refused": 4002, "failed": 4004, "expired": 4001}


class MysignSandbox(SigningSandbox):
    """One partner's account.

    Args:
        client_id, client_secret: of the partner.
        hash_coding: ``base64`` or ``hex``.
        token_seconds: life of a token.
        hook: (address of our token, address of our news, user, password) for ``async`` 3.
        named: values of a request come with their document.
    """

    system = "mysign"
    authority_name = "Viettel MySign"

    def __init__(
        self,
        *,
        clock: Clock | None = None,
        client_id: str = "tinh",
        client_secret: str = "bi-mat-cua-tinh",  # noqa: S107 - of the sandbox
        profile_id: str = "adss:ras:profile:001",
        hash_coding: str = "base64",
        token_seconds: int = 3600,
        hook: tuple[str, str, str, str] = ("", "", "", ""),
        by_document: bool = False,
    ) -> None:
        super().__init__(clock=clock)
        self.client_id, self.client_secret, self.profile_id = client_id, client_secret, profile_id
        self.hash_coding, self.token_seconds, self.hook, self.by_document = (
            hash_coding,
            token_seconds,
            hook,
            by_document,
        )
        self.tokens: dict[str, tuple[str, datetime]] = {}
        self.accepted: list[str] = []

    def people(self) -> list[tuple[str, str, str, str, str]]:
        return [
            ("CMT_001099000031", "VT-A", "Hoàng Thị Ký Thử", "CCCD:001099000031", "person"),
            ("MST_0100000031-001", "VT-B", "Công ty Viễn Ký Thử", "MST:0100000031-001", "seal"),
        ]

    @route("POST", "/vtss/service/ras/v1/login", "login")
    def login(self, request: SandboxRequest) -> SandboxAnswer:
        """A token that belongs to one user."""
        body = json.loads(request.body)
        if body["client_id"] != self.client_id or body["profile_id"] != self.profile_id:
            return _no(58007)
        if body["client_secret"] != self.client_secret:
            return _no(86024)
        if body["user_id"] not in {one.user for one in self.holders.values()}:
            return _no(58008)
        token = self.named("TOKEN")
        self.tokens[token] = (body["user_id"], self.clock.now() + timedelta(seconds=self.token_seconds))
        return as_json(
            {
                "access_token": token,
                "refresh_token": "",
                "token_type": "bearer",
                "expires_in": str(self.token_seconds),
            }
        )

    @route("POST", "/vtss/service/certificates/info", "certificates")
    def certificates(self, request: SandboxRequest) -> SandboxAnswer:
        """A list, without an envelope."""
        user = self._user(request)
        if not user:
            return SandboxAnswer(401, {}, b"")
        ca = base64.b64encode(self.authority.ca.public_bytes(_der())).decode()
        return as_json(
            [
                {
                    "credential_id": one.credential,
                    "key": {"status": "enabled"},
                    "cert": {
                        "status": one.status or "valid",
                        "certificates": [_lines(one.text), ca],
                        "serialNumber": "1",
                    },
                    "authMode": "implicit",
                    "multisign": 20,
                    "scal": "2",
                }
                for one in self.holders.values()
                if one.user == user
            ]
        )

    @route("POST", "/vtss/service/signHash", "sign")
    def sign(self, request: SandboxRequest) -> SandboxAnswer:
        """Open a session on the phone."""
        user, body = self._user(request), json.loads(request.body)
        if not user or body["client_secret"] != self.client_secret:
            return SandboxAnswer(401, {}, b"")
        holder = self.holders.get(body["credentialID"])
        documents, hashes = body["documents"], body["hash"]
        texts = [body["description"], *(one["document_name"] for one in documents)]
        if holder is None or holder.user != user or body["async"] not in (1, 2, 3):
            return as_json({"error": "invalid_request", "error_description": "credentialID"}, 400)
        if not len(documents) == len(hashes) == body["numSignatures"] or any(
            len(one) >= 100 for one in texts
        ):
            return as_json({"error": "invalid_request", "error_description": "documents"}, 400)
        try:
            read = [
                bytes.fromhex(one) if self.hash_coding == "hex" else base64.b64decode(one, validate=True)
                for one in hashes
            ]
            words = base64.b64decode(body["description"], validate=True).decode()
        except ValueError:
            return as_json({"error": "invalid_request", "error_description": "hash"}, 400)
        if any(len(one) != 32 for one in read):
            return as_json({"error": "invalid_request", "error_description": "hash"}, 400)
        named = {one["document_id"]: digest for one, digest in zip(documents, read, strict=True)}
        session = self.opened(
            Session(
                words.partition(" ")[0],
                self.named("VT"),
                holder,
                named,
                self.clock.now(),
                self.behaviour,
                words,
            )
        )
        session.facts["description"] = body["description"]
        if body["async"] == 3 and self.hook[0]:
            session.notify = self.hook[1]
        return as_json({"transactionId": session.theirs})

    @route("POST", "/vtss/service/requests/status", "status")
    def status(self, request: SandboxRequest) -> SandboxAnswer:
        """Where a session stands."""
        user, body = self._user(request), json.loads(request.body)
        session = self.sessions.get(body["transactionId"])
        if not user:
            return SandboxAnswer(401, {}, b"")
        if session is None or session.holder.user != user:
            return as_json({"error": "invalid_request", "error_description": "transactionId"}, 400)
        state = self.state(session)
        values: list[Any] = []
        if state == "confirmed":
            pairs = self.values(session)
            values = [_lines(value) for _, value in pairs]
            if self.by_document:
                values = [{"document_id": name, "signature": value} for name, value in reversed(pairs)]
        return as_json({"status": session.facts.get("code", _STATES[state]), "signatures": values})

    @route("GET", "/_sandbox/mysign/books", "control")
    def books(self, request: SandboxRequest) -> SandboxAnswer:
        """Sessions as they stand now, and what our doors answered."""
        del request
        return as_json(
            {"sessions": self.session_books(), "accepted": self.accepted, "tokens": len(self.tokens)}
        )

    def told(self, session: Session) -> None:
        """Push the news of a session: a token from us first, then the result with it."""
        user, word = self.hook[2], self.hook[3]
        answer = _posted(self.hook[0], {"client_id": user, "client_secret": word}, {})
        token = str(json.loads(answer or b"{}").get("access_token", ""))
        state = self.state(session)
        results = [{"document_id": name, "signature": value} for name, value in self.values(session)]
        news = {
            "meta_data": {
                "request_id": self.named("RQ"),
                "transaction_id": session.theirs,
                "description": session.facts["description"],
                "status": _STATES[state],
            },
            "data": {
                "action_timestamp": 0,
                "signature_timestamp": 0,
                "results": results if state == "confirmed" else [],
            },
        }
        answer = _posted(self.hook[1], news, {"Authorization": f"Bearer {token}"})
        self.accepted.append(str(json.loads(answer or b"{}").get("status_code", "")))

    def _user(self, request: SandboxRequest) -> str:
        held = self.tokens.get(request.headers.get("authorization", "").removeprefix("Bearer "))
        return held[0] if held is not None and held[1] > self.clock.now() else ""


def _no(code: int) -> SandboxAnswer:
    return as_json({"error": str(code), "error_description": "login failed"}, 400)


def _lines(text: str) -> str:
    """Base64 with line breaks, as theirs comes."""
    return "\r\n".join(text[at : at + 76] for at in range(0, len(text), 76))


def _der() -> Any:
    from cryptography.hazmat.primitives.serialization import Encoding

    return Encoding.DER


def _posted(url: str, facts: dict[str, Any], headers: dict[str, str]) -> bytes:
    parts = urlsplit(url)
    connection = http.client.HTTPConnection(parts.hostname or "", parts.port, timeout=5.0)
    try:
        connection.request(
            "POST", parts.path, json.dumps(facts).encode(), {"Content-Type": "application/json", **headers}
        )
        return connection.getresponse().read()
    except (OSError, http.client.HTTPException):
        return b""
    finally:
        connection.close()


__all__ = ["MysignSandbox"]

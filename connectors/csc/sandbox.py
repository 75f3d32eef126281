"""The sandbox of a CSC service, version 1 or 2, written from the specification as told in ``contract/README.md``.

It can do what the independent test server cannot: wait for a signer, be refused, expire, ask for PIN and OTP, answer in JSON errors,
guard its SAD. Control: ``/_sandbox/csc/...``.
"""

from __future__ import annotations

import base64
import json
from typing import Any

from connectors.kit.sandbox import Clock, SandboxAnswer, SandboxRequest, route
from connectors.kit.signing.sandbox import Holder, Session, SigningSandbox, as_json

_SHA256 = "2.16.840.1.101.3.4.2.1"
_ALGORITHMS = ("1.2.840.113549.1.1.1", "1.2.840.113549.1.1.11")


class _No(Exception):
    """Refused with ``error`` and ``error_description``."""

    def __init__(self, words: str, error: str = "invalid_request", status: int = 400) -> None:
        self.answer = as_json({"error": error, "error_description": words}, status)


class CscSandbox(SigningSandbox):
    """One service.

    Args:
        version: ``v1`` or ``v2``.
        mode: ``implicit`` (the phone asks) or ``explicit`` (PIN ``1234`` and OTP ``567890``).
        wait: v2: authorize answers 202 with a handle.
        asynchronous: v2: signHash in operationMode A answers with a responseID.
        token: bearer token that calls must carry; empty: none.
    """

    system = "csc"
    authority_name = "CSC"

    def __init__(
        self,
        *,
        clock: Clock | None = None,
        version: str = "v1",
        mode: str = "implicit",
        wait: bool = False,
        token: str = "",
        multisign: int = 10,
        page: int = 0,
    ) -> None:
        super().__init__(clock=clock)
        self.version, self.mode, self.wait, self.token = version, mode, wait, token
        self.multisign, self.page = multisign, page
        self.sads: dict[str, dict[str, Any]] = {}
        self.answers: dict[str, Session] = {}
        self.otps: list[str] = []
        self.signed: list[dict[str, Any]] = []

    def people(self) -> list[tuple[str, str, str, str, str]]:
        return [
            ("001099000011", "CRED-A", "Trần Thị Ký Thử", "CCCD:001099000011", "person"),
            ("001099000012", "CRED-B", "Lê Văn Ký Thử", "CCCD:001099000012", "person"),
        ]

    @route("POST", "/csc/{version}/info", "info")
    def info(self, request: SandboxRequest) -> SandboxAnswer:
        """What it offers."""
        del request
        methods = ["credentials/list", "credentials/info", "credentials/authorize", "signatures/signHash"]
        more = (
            ["credentials/authorizeCheck", "signatures/signPolling"]
            if self.version == "v2"
            else ["credentials/sendOTP"]
        )
        specs = "2.0.0.2" if self.version == "v2" else "1.0.4.0"
        return as_json(
            {"specs": specs, "name": "CSC thử nghiệm", "authType": ["external"], "methods": [*methods, *more]}
        )

    @route("POST", "/csc/{version}/credentials/list", "list")
    def credentials(self, request: SandboxRequest) -> SandboxAnswer:
        """Names, a page at a time where ``page`` is set."""
        return self._answered(request, self._list)

    @route("POST", "/csc/{version}/credentials/info", "details")
    def details(self, request: SandboxRequest) -> SandboxAnswer:
        """One credential."""
        return self._answered(request, self._details)

    @route("POST", "/csc/{version}/credentials/sendOTP", "send_otp")
    def send_otp(self, request: SandboxRequest) -> SandboxAnswer:
        """A code, which is always the same here; no body."""
        self.otps.append(json.loads(request.body)["credentialID"])
        return SandboxAnswer(200, {}, b"")

    @route("POST", "/csc/{version}/credentials/authorize", "authorize")
    def authorize(self, request: SandboxRequest) -> SandboxAnswer:
        """SAD at once, or 202 and a handle."""
        return self._answered(request, self._authorize)

    @route("POST", "/csc/{version}/credentials/authorizeCheck", "authorize_check")
    def authorize_check(self, request: SandboxRequest) -> SandboxAnswer:
        """What became of a handle."""
        return self._answered(request, self._check)

    @route("POST", "/csc/{version}/signatures/signHash", "sign")
    def sign_hash(self, request: SandboxRequest) -> SandboxAnswer:
        """Values, once, for exactly the hashes that were agreed to."""
        return self._answered(request, self._sign)

    @route("POST", "/csc/{version}/signatures/signPolling", "poll")
    def polling(self, request: SandboxRequest) -> SandboxAnswer:
        """Values of an asynchronous signing."""
        return self._answered(request, self._poll)

    @route("GET", "/_sandbox/csc/books", "control")
    def books(self, request: SandboxRequest) -> SandboxAnswer:
        """Who was asked for what, and what was signed."""
        del request
        return as_json({"sessions": self.session_books(), "signed": self.signed, "otps": self.otps})

    def _answered(self, request: SandboxRequest, act: Any) -> SandboxAnswer:
        if request.parts["version"] != self.version:
            return SandboxAnswer(404, {"Content-Type": "text/plain"}, b"404: Not Found")
        if self.token and request.headers.get("authorization") != f"Bearer {self.token}":
            return as_json(
                {"error": "invalid_token", "error_description": "The access token is invalid"}, 401
            )
        try:
            answer: SandboxAnswer = act(json.loads(request.body))
        except _No as exc:
            return exc.answer
        except (ValueError, KeyError, TypeError, AttributeError):
            return _No("Malformed request").answer
        return answer

    def _holder(self, body: dict[str, Any]) -> Holder:
        holder = self.holders.get(body["credentialID"])
        if holder is None:
            raise _No("Invalid parameter credentialID")
        return holder

    def _list(self, body: dict[str, Any]) -> SandboxAnswer:
        names = [one.credential for one in self.holders.values() if body.get("userID") in (None, one.user)]
        if not self.page:
            return as_json({"credentialIDs": names})
        start = int(body.get("pageToken") or 0)
        after = {"nextPageToken": str(start + self.page)} if start + self.page < len(names) else {}
        return as_json({"credentialIDs": names[start : start + self.page], **after})

    def _details(self, body: dict[str, Any]) -> SandboxAnswer:
        holder = self._holder(body)
        ca = base64.b64encode(self.authority.ca.public_bytes(_der())).decode()
        cert: dict[str, Any] = {"status": holder.status or "valid", "certificates": [holder.text, ca]}
        facts: dict[str, Any] = {
            "key": {"status": "enabled", "algo": list(_ALGORITHMS), "len": 2048},
            "cert": cert,
            "multisign": self.multisign,
            "SCAL": "2",
        }
        facts |= {"auth": {"mode": self.mode}} if self.version == "v2" else {"authMode": self.mode}
        return as_json(facts)

    def _hashes(self, body: dict[str, Any]) -> list[bytes]:
        given = body["hashes" if self.version == "v2" else "hash"]
        if not given:
            raise _No("Empty hash array")
        found = [base64.b64decode(one, validate=True) for one in given]
        if any(len(one) != 32 for one in found):
            raise _No(
                "Invalid digest value length", "invalid_hash" if self.version == "v2" else "invalid_request"
            )
        return found

    def _authorize(self, body: dict[str, Any]) -> SandboxAnswer:
        holder, hashes = self._holder(body), self._hashes(body)
        if body["numSignatures"] != len(hashes) or len(hashes) > self.multisign:
            raise _No("Numbers of signatures is too high")
        if self.mode == "explicit":
            given = {one["id"]: one["value"] for one in body.get("authData", [])} or body
            if given.get("PIN") != "1234":
                raise _No("The PIN is invalid")
            if given.get("OTP") != "567890":
                raise _No("The OTP is invalid", "invalid_otp")
        named = {str(number): one for number, one in enumerate(hashes)}
        session = self.opened(
            Session(
                body.get("clientData", ""), self.named("S"), holder, named, self.clock.now(), self.behaviour,
                body.get("description", ""),
            )
        )  # fmt: skip
        if self.wait:
            return as_json({"handle": session.theirs}, 202)
        state = self.state(session)
        if state != "confirmed":
            raise _No("The user declined", "access_denied" if state == "refused" else "expired_token", 400)
        return as_json({"SAD": self._sad(session), "expiresIn": 300})

    def _check(self, body: dict[str, Any]) -> SandboxAnswer:
        session = self.sessions.get(body["handle"])
        if session is None:
            raise _No("Invalid parameter handle")
        match self.state(session):
            case "waiting":
                return as_json({"handle": session.theirs}, 202)
            case "confirmed":
                return as_json({"SAD": self._sad(session), "expiresIn": 300})
            case "refused":
                raise _No("The user declined", "access_denied")
            case _:
                raise _No("The request expired", "expired_token")

    def _sad(self, session: Session) -> str:
        made = self.named("SAD")
        self.sads[made] = {"session": session, "used": False}
        return made

    def _sign(self, body: dict[str, Any]) -> SandboxAnswer:
        holder, hashes = self._holder(body), self._hashes(body)
        given = self.sads.get(body["SAD"])
        if given is None or given["session"].holder is not holder:
            raise _No("Invalid parameter SAD")
        if given["used"]:
            raise _No("SAD expired")
        session: Session = given["session"]
        if hashes != list(session.hashes.values()):
            raise _No("Hash is not authorized by the SAD")
        digest = body["hashAlgorithmOID" if self.version == "v2" else "hashAlgo"]
        if digest != _SHA256 or body["signAlgo"] not in _ALGORITHMS:
            raise _No("Invalid parameter hashAlgo or signAlgo")
        given["used"] = True
        self.signed.append({"theirs": session.theirs, "hashes": [one.hex() for one in hashes]})
        if body.get("operationMode") == "A":
            self.answers[f"R-{session.theirs}"] = session
            return as_json({"responseID": f"R-{session.theirs}"})
        return as_json({"signatures": [value for _, value in self.values(session)]})

    def _poll(self, body: dict[str, Any]) -> SandboxAnswer:
        session = self.answers.get(body["requestID"])
        if session is None:
            raise _No("Invalid parameter requestID")
        if session.facts.pop("slow", 0):
            return as_json({"status": "accepted_request"}, 202)
        return as_json({"signatures": [value for _, value in self.values(session)]})


def _der() -> Any:
    from cryptography.hazmat.primitives.serialization import Encoding

    return Encoding.DER


__all__ = ["CscSandbox"]

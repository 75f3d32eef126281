"""The sandbox of VNPT SmartCA, both interfaces at one address; written from ``contract/README.md``.

What the papers leave open (a transaction that is not known, refusal and expiry as words) is its own choice and an argument. Control:
``/_sandbox/smartca/...``; ``POST /_sandbox/smartca/hint`` sends a message that may lie.
"""

from __future__ import annotations

import base64
import json
import re
from typing import Any

from connectors.kit.sandbox import Clock, SandboxAnswer, SandboxRequest, route
from connectors.kit.signing.sandbox import Holder, Session, SigningSandbox, as_json

_HEX = re.compile(r"[0-9a-f]{64}")
_TIME = re.compile(r"\d{14}Z", re.ASCII)
_STATES = {"waiting": 4000, "confirmed": 1, "refused": 4002, "failed": 4004, "expired": 4001}


class SmartcaSandbox(SigningSandbox):
    """One partner's account.

    Args:
        sp_id, sp_password: of the partner.
        token: bearer token of the older service's user.
        status_by: name by which sessions are asked about: ``transaction_id``, ``tran_code``.
        words: state → ``message`` of the status call.
        notify: where news of the gateway go; empty: nowhere.
        wrapped: values come inside a CMS.
        envelope: the older service uses its envelope for everything.
    """

    system = "smartca"
    authority_name = "VNPT SmartCA"

    def __init__(
        self,
        *,
        clock: Clock | None = None,
        sp_id: str = "sp-tinh",
        sp_password: str = "mat-khau-doi-tac",  # noqa: S107 - of the sandbox
        token: str = "the-cua-nguoi-dung",  # noqa: S107 - of the sandbox
        status_by: str = "transaction_id",
        words: dict[str, str] | None = None,
        notify: str = "",
        envelope: bool = True,
    ) -> None:
        super().__init__(clock=clock)
        self.sp_id, self.sp_password, self.token = sp_id, sp_password, token
        self.status_by, self.notify, self.envelope = status_by, notify, envelope
        self.words = words or {}
        self.refused: list[str] = []

    def people(self) -> list[tuple[str, str, str, str, str]]:
        return [
            ("001099000021", "5401A1", "Phạm Văn Ký Thử", "CCCD:001099000021", "SMARTCA"),
            ("0100000021", "5401B2", "Công ty Ký Thử", "MST:0100000021", "ESEAL"),
        ]

    @route("POST", "/sca/sp769/v1/credentials/get_certificate", "get_certificate")
    def get_certificate(self, request: SandboxRequest) -> SandboxAnswer:
        """Certificates of one user."""
        return self._gateway(request, self._certificates)

    @route("POST", "/sca/sp769/v1/signatures/sign", "sign")
    def sign(self, request: SandboxRequest) -> SandboxAnswer:
        """Open a session on the phone."""
        return self._gateway(request, self._open)

    @route("POST", "/sca/sp769/v1/signatures/sign/{name}/status", "status")
    def status(self, request: SandboxRequest) -> SandboxAnswer:
        """Where a session stands."""
        name = request.parts["name"]
        return self._gateway(request, lambda _: self._status(name), bare=True)

    @route("POST", "/csc/credentials/list", "older_list")
    def older_list(self, request: SandboxRequest) -> SandboxAnswer:
        """Ids of the token's user: the first one here."""
        return self._older(request, lambda _: [self._first().credential])

    @route("POST", "/csc/credentials/info", "older_info")
    def older_info(self, request: SandboxRequest) -> SandboxAnswer:
        """One credential."""

        def info(body: dict[str, Any]) -> dict[str, Any]:
            holder = self._known(body["credentialId"])
            cert = {"status": holder.status or "valid", "certificates": [holder.text]}
            return {
                "key": {"status": "enabled"},
                "cert": cert,
                "authMode": "oauth2code",
                "scal": "SCAL2",
                "multisign": 1,
            }

        return self._older(request, info)

    @route("POST", "/csc/signature/signhash", "older_sign")
    def older_sign(self, request: SandboxRequest) -> SandboxAnswer:
        """Open a session on the phone."""

        def act(body: dict[str, Any]) -> dict[str, Any]:
            holder = self._known(body["credentialId"])
            found = {one["name"]: base64.b64decode(one["hash"], validate=True) for one in body["datas"]}
            if not 1 <= len(found) <= 50 or any(len(one) != 32 for one in found.values()):
                raise ValueError("62010")
            session = self._begun(holder, body["refTranId"], found, body["description"])
            session.notify = body["notifyUrl"]
            return {"tranId": session.theirs}

        return self._older(request, act)

    @route("POST", "/csc/credentials/gettraninfo", "older_status")
    def older_status(self, request: SandboxRequest) -> SandboxAnswer:
        """Where a session stands."""

        def act(body: dict[str, Any]) -> dict[str, Any]:
            session = self.sessions.get(body["tranId"])
            if session is None:
                raise ValueError("62000")
            state, documents = self.state(session), []
            if state == "confirmed":
                hashes = {name: base64.b64encode(raw).decode() for name, raw in session.hashes.items()}
                documents = [
                    {"name": n, "hash": hashes[n], "sig": v, "dataSigned": None}
                    for n, v in self.values(session)
                ]
            return {
                "tranId": session.theirs,
                "refTranId": session.transaction,
                "tranType": 1,
                "tranStatus": _STATES[state],
                "tranStatusDesc": state.upper(),
                "documents": documents,
            }

        return self._older(request, act)

    @route("GET", "/_sandbox/smartca/books", "control")
    def books(self, request: SandboxRequest) -> SandboxAnswer:
        """Sessions as they stand now."""
        del request
        return as_json({"sessions": self.session_books(), "refused": self.refused, "pushed": self.pushed})

    @route("POST", "/_sandbox/smartca/hint", "control")
    def hint(self, request: SandboxRequest) -> SandboxAnswer:
        """``{transaction, signed?: [{doc_id, signature_value}], sp_id?}``: a message to ``notify``, true or not."""
        facts = json.loads(request.body)
        message = {
            "sp_id": facts.get("sp_id", self.sp_id),
            "status_code": facts.get("status_code", 200),
            "message": "SUCCESS",
            "transaction_id": facts["transaction"],
            "signed_files": facts.get("signed", []),
        }
        self.push(facts.get("url", self.notify), message)
        return as_json({"sent": True}, 201)

    def told(self, session: Session) -> None:
        """Send the true news of a session to where its opener wanted them; once only, as published."""
        if session.notify and not session.facts.get("told"):
            session.facts["told"] = True
            facts = {
                "tranId": session.theirs,
                "refTranId": session.transaction,
                "status": _STATES[self.state(session)],
            }
            self.push(session.notify, facts)

    def _gateway(self, request: SandboxRequest, act: Any, *, bare: bool = False) -> SandboxAnswer:
        try:
            body = json.loads(request.body or b"{}")
            stated = body.get("sp_id"), body.get("sp_password")
            if stated != (self.sp_id, self.sp_password) and not (bare and stated == (None, None)):
                return _said(401, "SP_CREDENTIAL_INVALID", None)
            return _said(200, *act(body))
        except (ValueError, KeyError, TypeError, AttributeError) as exc:
            word = str(exc).strip("'")
            self.refused.append(word)
            return _said(400, word if word.isidentifier() else "BAD_REQUEST", None)

    def _certificates(self, body: dict[str, Any]) -> tuple[str, dict[str, Any]]:
        if not body["transaction_id"]:
            raise ValueError("transaction_id_required")
        wanted = body.get("serial_number") or None
        found = [
            {
                "service_type": one.kind,
                "service_name": "SmartCA cá nhân",
                "cert_id": f"id-{one.credential}",
                "cert_status": one.status or "Đang hoạt động",
                "serial_number": one.credential,
                "cert_subject": one.certificate.subject.rfc4514_string(),
                "cert_valid_from": one.certificate.not_valid_before_utc.isoformat(),
                "cert_valid_to": one.certificate.not_valid_after_utc.isoformat(),
                "cert_data": one.text,
                "chain_data": {"ca_cert": self._ca(), "root_cert": None},
                "transaction_id": body["transaction_id"],
            }
            for one in self.holders.values()
            if one.user == body["user_id"] and wanted in (None, one.credential)
        ]
        return "SUCCESS", {"user_certificates": found}

    def _open(self, body: dict[str, Any]) -> tuple[str, dict[str, Any]]:
        holder = self._known(body["serial_number"])
        if holder.user != body["user_id"] or not _TIME.fullmatch(body["time_stamp"]):
            raise ValueError("user_or_time_invalid")
        if any(one.transaction == body["transaction_id"] for one in self.sessions.values()):
            raise ValueError("transaction_existed")
        found: dict[str, bytes] = {}
        for one in body["sign_files"]:
            if one["sign_type"] != "hash" or not _HEX.fullmatch(one["data_to_be_signed"]):
                raise ValueError("only_hashes_in_lower_case_hex")
            if one["file_type"] not in ("pdf", "xml", "json", "word"):
                raise ValueError("file_type_invalid")
            found[one["doc_id"]] = bytes.fromhex(one["data_to_be_signed"])
        session = self._begun(holder, body["transaction_id"], found, body["transaction_desc"])
        return "sig_wait_for_user_confirm", {
            "transaction_id": session.transaction,
            "tran_code": session.theirs,
        }

    def _status(self, name: str) -> tuple[str, dict[str, Any]]:
        ours = self.status_by == "transaction_id"
        session = next(
            (one for one in self.sessions.values() if (one.transaction if ours else one.theirs) == name), None
        )
        if session is None:
            raise ValueError("transaction_not_found")
        state = self.state(session)
        data: dict[str, Any] = {"transaction_id": session.transaction, "signatures": None}
        if state == "confirmed":
            data["signatures"] = [
                {"doc_id": document, "signature_value": value, "timestamp_signature": None}
                for document, value in self.values(session)
            ]
            return self.words.get(state, "SUCCESS"), data
        return self.words.get(state, "sig_wait_for_user_confirm"), data

    def _begun(self, holder: Holder, transaction: str, hashes: dict[str, bytes], words: str) -> Session:
        return self.opened(
            Session(transaction, self.named("TRAN"), holder, hashes, self.clock.now(), self.behaviour, words)
        )

    def _older(self, request: SandboxRequest, act: Any) -> SandboxAnswer:
        if request.headers.get("authorization") != f"Bearer {self.token}":
            return as_json({"code": 401, "codeDesc": "UNAUTHORIZED", "message": "", "content": None}, 401)
        try:
            content = act(json.loads(request.body))
        except (ValueError, KeyError, TypeError) as exc:
            code = int(str(exc)) if str(exc).isdigit() else 30000
            self.refused.append(str(code))
            return as_json({"code": code, "codeDesc": "CLIENT_INPUT_INVALID", "message": "", "content": None})
        if not self.envelope:
            return as_json(content)
        return as_json({"code": 0, "codeDesc": "SUCCESS", "message": "", "content": content})

    def _known(self, credential: str) -> Holder:
        holder = self.holders.get(credential)
        if holder is None:
            raise ValueError("60000")
        return holder

    def _first(self) -> Holder:
        return next(iter(self.holders.values()))

    def _ca(self) -> str:
        from cryptography.hazmat.primitives.serialization import Encoding

        return base64.b64encode(self.authority.ca.public_bytes(Encoding.DER)).decode("ascii")


def _said(code: int, message: str, data: Any) -> SandboxAnswer:
    return as_json({"status_code": code, "message": message, "data": data}, code)


__all__ = ["SmartcaSandbox"]

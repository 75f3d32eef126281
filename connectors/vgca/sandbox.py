"""The sandbox of an official's computer with VGCA's program on it; written from ``contract/README.md``.

The real program answers a socket beside the browser; here the same one text goes to ``POST /_sandbox/vgca/SignApproved`` and the same
one text comes back. What the official does is said before by ``POST /_sandbox/vgca/official {"does": …}``.
"""

from __future__ import annotations

import http.client
import json
from io import BytesIO
from typing import Any
from urllib.parse import urlsplit

from connectors.kit.sandbox import Clock, SandboxAnswer, SandboxRequest, route
from connectors.kit.signing.sandbox import Holder, SigningSandbox, as_json

DOES = (
    "sign", "cancel", "no_token", "leave_unsigned", "change_first", "change_after", "write_anew", "citizen_signs", "colleague_signs",
    "not_a_pdf", "bring_twice", "half_body",
)  # fmt: skip


class VgcaSandbox(SigningSandbox):
    """One computer; several officials may have their token in it."""

    system = "vgca"
    authority_name = "công vụ"

    def __init__(self, *, clock: Clock | None = None) -> None:
        super().__init__(clock=clock)
        self.does, self.official = "sign", "001099000041"
        self.done: list[dict[str, Any]] = []

    def people(self) -> list[tuple[str, str, str, str, str]]:
        return [
            ("001099000041", "USB-A", "Vũ Thị Cán Bộ Thử", "CCCD:001099000041", "official"),
            ("001099000042", "USB-B", "Đỗ Văn Cán Bộ Thử", "CCCD:001099000042", "official"),
        ]

    @route("POST", "/_sandbox/vgca/official", "control")
    def set_official(self, request: SandboxRequest) -> SandboxAnswer:
        """``{does, official?}``."""
        facts = json.loads(request.body)
        if facts.get("does", "sign") not in DOES:
            return as_json({"error": f"does is one of {DOES}"}, 422)
        self.does, self.official = facts.get("does", "sign"), facts.get("official", self.official)
        return as_json({"does": self.does}, 201)

    @route("POST", "/_sandbox/vgca/SignApproved", "control")
    def sign_approved(self, request: SandboxRequest) -> SandboxAnswer:
        """The one text in, the one text out."""
        asked = json.loads(request.body)
        if self.does in ("cancel", "no_token"):
            return _out(
                11 if self.does == "cancel" else 4,
                "Người dùng hủy" if self.does == "cancel" else "Không tìm thấy USB",
            )
        status, raw = _called("GET", asked["FileName"], b"", {})
        if status != 200:
            return _out(2, f"HTTP {status}")
        holder = next(one for one in self.holders.values() if one.user == self.official)
        signed = self._signed(raw, holder)
        boundary = "----vgcaBoundary8e1"
        head = (
            f'--{boundary}\r\nContent-Disposition: form-data; name="uploadfile"; filename="a.signed.pdf"\r\n'
        )
        body = (
            f"{head}Content-Type: application/pdf\r\n\r\n".encode()
            + signed
            + f"\r\n--{boundary}--\r\n".encode()
        )
        if self.does == "half_body":
            body = body[: len(body) // 2]
        told: dict[str, Any] = {}
        for _ in range(2 if self.does == "bring_twice" else 1):
            kind = {"Content-Type": f"multipart/form-data; boundary={boundary}"}
            status, answer = _called("POST", asked["FileUploadHandler"], body, kind)
            told = json.loads(answer) if status == 200 else {"Status": False, "Message": f"HTTP {status}"}
            self.done.append({"http": status, **told})
        return _out(0 if told["Status"] else 3, told["Message"], told.get("FileName", ""))

    @route("GET", "/_sandbox/vgca/books", "control")
    def books(self, request: SandboxRequest) -> SandboxAnswer:
        """What was brought and how it was received."""
        del request
        return as_json({"done": self.done})

    def _signed(self, raw: bytes, holder: Holder) -> bytes:
        match self.does:
            case "leave_unsigned":
                return raw
            case "not_a_pdf":
                return b"<html>signed</html>"
            case "change_first":
                return self._pades(raw.replace(b"100000", b"900000"), holder)
            case "change_after":
                return self._pades(raw, holder) + b"\n1 0 obj\n<<>>\nendobj\n"
            case "write_anew":
                return self._pades(_anew(raw), holder)
            case "citizen_signs":
                from connectors.kit.signing.sandbox import Authority

                certificate, key = Authority("khác").issue("Công dân Thử", "CCCD:001099000041", 9)
                return self._pades(raw, Holder("x", "x", "x", certificate, key))
            case "colleague_signs":
                return self._pades(raw, next(one for one in self.holders.values() if one is not holder))
            case _:
                return self._pades(raw, holder)

    def _pades(self, raw: bytes, holder: Holder) -> bytes:
        """SubFilter ETSI.CAdES.detached, as files signed that way have."""
        from asn1crypto import keys, x509
        from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat
        from pyhanko.pdf_utils.incremental_writer import IncrementalPdfFileWriter
        from pyhanko.sign import signers
        from pyhanko.sign.fields import SigSeedSubFilter
        from pyhanko_certvalidator.registry import SimpleCertificateStore

        ca = x509.Certificate.load(self.authority.ca.public_bytes(Encoding.DER))
        store = SimpleCertificateStore()
        store.register(ca)
        key = keys.PrivateKeyInfo.load(
            holder.key.private_bytes(Encoding.DER, PrivateFormat.PKCS8, NoEncryption())
        )
        signer = signers.SimpleSigner(x509.Certificate.load(holder.der), key, store)
        facts = signers.PdfSignatureMetadata(
            field_name=f"KySo-{holder.credential}", subfilter=SigSeedSubFilter.PADES
        )
        out = signers.sign_pdf(IncrementalPdfFileWriter(BytesIO(raw)), facts, signer)
        return bytes(out.getvalue())


def _anew(raw: bytes) -> bytes:
    from pyhanko.pdf_utils.reader import PdfFileReader
    from pyhanko.pdf_utils.writer import copy_into_new_writer

    out = BytesIO()
    copy_into_new_writer(PdfFileReader(BytesIO(raw))).write(out)
    return out.getvalue()


def _out(status: int, words: str, name: str = "") -> SandboxAnswer:
    return as_json({"Status": status, "Message": words, "FileName": name, "FileServer": name})


def _called(method: str, url: str, body: bytes, headers: dict[str, str]) -> tuple[int, bytes]:
    parts = urlsplit(url)
    connection = http.client.HTTPConnection(parts.hostname or "", parts.port, timeout=20.0)
    try:
        connection.request(method, parts.path, body, headers)
        answer = connection.getresponse()
        return answer.status, answer.read()
    except (OSError, http.client.HTTPException):
        return 0, b""
    finally:
        connection.close()


__all__ = ["DOES", "VgcaSandbox"]

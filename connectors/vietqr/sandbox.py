"""The payer's side of VietQR: reads a code with its own hands and makes the transfer at the sandbox bank.

Written from ``contract/README.md``, sharing no code with the client. Control: ``/_sandbox/vietqr/...``.
"""

from __future__ import annotations

import binascii
import http.client
import json
from typing import Any
from urllib.parse import parse_qs, urlsplit

from connectors.kit.sandbox import Clock, Sandbox, SandboxAnswer, SandboxRequest, route

_TIMEOUT_SECONDS = 15.0


class VietqrSandbox(Sandbox):
    """Payers with telephones.

    Args:
        bank_url: the sandbox bank that is credited; empty: transfers are only kept.
    """

    system = "vietqr"

    def __init__(self, *, clock: Clock | None = None, bank_url: str = "") -> None:
        super().__init__(clock=clock)
        self.bank_url = bank_url
        self.transfers: list[dict[str, Any]] = []

    @route("POST", "/_sandbox/vietqr/pay", "control")
    def pay(self, request: SandboxRequest) -> SandboxAnswer:
        """``{url | code, amount?, text: kept|lower|spaced|glued|cut|lost|other, name?}``: a payer scans and pays."""
        try:
            facts = json.loads(request.body or b"{}")
            code = str(facts.get("code") or parse_qs(urlsplit(str(facts["url"])).query)["code"][0])
            asked = scanned(code)
            amount = int(facts.get("amount") or asked["amount"])
            text = _written(asked["purpose"], str(facts.get("text", "kept")))
        except (KeyError, ValueError) as exc:
            return _json({"error": str(exc) or type(exc).__name__}, 422)
        transfer = {
            "account": asked["account"],
            "amount": amount,
            "text": text,
            "name": str(facts.get("name", "NGUOI NOP")),
        }
        self.transfers.append(transfer)
        if self.bank_url:
            self._credit(transfer)
        return _json(transfer, 201)

    @route("GET", "/_sandbox/vietqr/books", "control")
    def show_books(self, request: SandboxRequest) -> SandboxAnswer:
        """Every transfer that was made, for a checker that shares no code with the product."""
        del request
        return _json({"transfers": self.transfers})

    def _credit(self, transfer: dict[str, Any]) -> None:
        raw = json.dumps(transfer).encode()
        if _post(f"{self.bank_url}/_sandbox/bank/credit", raw) == 404:
            opened = json.dumps({"account": transfer["account"], "kind": "bank"}).encode()
            _post(f"{self.bank_url}/_sandbox/bank/accounts", opened)
            _post(f"{self.bank_url}/_sandbox/bank/credit", raw)


def scanned(code: str) -> dict[str, str]:
    """What a telephone reads in a code.

    Raises:
        ValueError: a telephone would refuse it.
    """
    if f"{binascii.crc_hqx(code[:-4].encode(), 0xFFFF):04X}" != code[-4:]:
        raise ValueError("the checksum does not hold")
    outer = _walked(code)
    provider = _walked(outer["38"])
    beneficiary = _walked(provider["01"])
    if (
        provider["00"] != "A000000727"
        or provider["02"] != "QRIBFTTA"
        or (outer["53"], outer["58"]) != ("704", "VN")
    ):
        raise ValueError("not a transfer to an account by VietQR")
    purpose = _walked(outer.get("62", "")).get("08", "")
    return {
        "bin": beneficiary["00"],
        "account": beneficiary["01"],
        "amount": outer.get("54", ""),
        "purpose": purpose,
    }


def _walked(text: str) -> dict[str, str]:
    found = {}
    while text:
        size = int(text[2:4])
        found[text[:2]], text = text[4 : 4 + size], text[4 + size :]
    return found


def _written(purpose: str, how: str) -> str:
    """What the bank's statement says of it."""
    forms = {
        "kept": purpose,
        "lower": purpose.lower(),
        "spaced": f"NGUOI NOP chuyen tien {purpose[:6]} {purpose[6:11]}-{purpose[11:]}",
        "glued": f"MBVCB.3391.{purpose.replace(' ', '')}.CT tu 0011 toi 3511",
        "cut": purpose[:12],
        "lost": "chuyen tien",
        "other": f"nop le phi {purpose[::-1]}",
    }
    if how not in forms:
        raise ValueError(f"text is one of {', '.join(forms)}")
    return forms[how]


def _post(url: str, body: bytes) -> int:
    parts = urlsplit(url)
    connection = http.client.HTTPConnection(parts.hostname or "", parts.port, timeout=_TIMEOUT_SECONDS)
    try:
        connection.request("POST", parts.path, body, {"Content-Type": "application/json"})
        return connection.getresponse().status
    except (OSError, http.client.HTTPException):
        return 0
    finally:
        connection.close()


def _json(data: object, status: int = 200) -> SandboxAnswer:
    raw = json.dumps(data, ensure_ascii=False).encode()
    return SandboxAnswer(status, {"Content-Type": "application/json"}, raw)

"""Small real objects in place of the services behind the edge."""

from __future__ import annotations

import hashlib
import hmac
import itertools
import json
from datetime import UTC, datetime
from typing import Any
from urllib.parse import parse_qsl, urlencode

from adapters.desks import Closing, Loaded, Understood
from adapters.ports import Forged, PlatformDoor, VnpayDoor
from connectors.kit.seams import MachineClock
from jobs.errors import NotAllowed
from mappings.canonical.payment import PaymentNews, PaymentVerdict

SECRET = b"a secret of the tests, long enough"
TERMINAL = "LIENTHNG"


def a_clock() -> MachineClock:
    return MachineClock()


class StandStill:
    """Ids that differ and nothing else."""

    def __init__(self) -> None:
        self._numbers = itertools.count(1)

    def new_id(self) -> str:
        return f"{next(self._numbers):032x}"

    def reference(self) -> str:
        return f"{next(self._numbers):016d}"


def signed_query(**fields: str) -> str:
    """A query string as the gateway would sign it."""
    head = urlencode(sorted(fields.items()))
    return f"{head}&vnp_SecureHash={hmac.new(SECRET, head.encode(), hashlib.sha512).hexdigest()}"


def ipn_query(reference: str, amount: int = 100_000, code: str = "00", transaction: str = "14000001") -> str:
    return signed_query(
        vnp_Amount=str(amount * 100),
        vnp_BankCode="NCB",
        vnp_ResponseCode=code,
        vnp_TmnCode=TERMINAL,
        vnp_TransactionNo=transaction,
        vnp_TransactionStatus="00" if code == "00" else "02",
        vnp_TxnRef=reference,
    )


def vnpay_door() -> VnpayDoor:
    def verify(raw: bytes) -> PaymentNews:
        head, _, given = raw.rpartition(b"&vnp_SecureHash=")
        if not hmac.compare_digest(hmac.new(SECRET, head, hashlib.sha512).hexdigest().encode(), given):
            raise Forged
        found = dict(parse_qsl(head.decode()))
        return PaymentNews(
            "vnpay",
            found["vnp_TmnCode"],
            found["vnp_TxnRef"],
            int(found["vnp_Amount"]) // 100,
            "VND",
            PaymentVerdict.PAID if found["vnp_TransactionStatus"] == "00" else PaymentVerdict.FAILED,
            "ipn",
            f"{found['vnp_ResponseCode']}/{found['vnp_TransactionStatus']}",
            provider_reference=found["vnp_TransactionNo"],
            paid_at=datetime(2026, 11, 24, 3, 30, tzinfo=UTC),
        )

    return VnpayDoor(verify)


def platform_door() -> PlatformDoor:
    def verify(raw: bytes) -> PaymentNews:
        body = json.loads(raw)
        if body.pop("hash") != "good":
            raise Forged
        return PaymentNews(
            "payment_platform",
            "P1",
            body["reference"],
            body["amount"],
            "VND",
            PaymentVerdict.PAID,
            "ipn",
            "00",
        )

    def answer(news: PaymentNews | None, code: str, words: str) -> bytes:
        return json.dumps({"MaLoi": code, "MoTaLoi": words}).encode()

    return PlatformDoor(verify, answer)


class AnyDesk:
    """Takes every act, remembers it, and refuses where told to."""

    def __init__(self) -> None:
        self.acts: list[tuple[str, dict[str, Any]]] = []
        self.woken: set[str] = set()
        self.next_reference = "0000000000000001"
        self.refuse: NotAllowed | None = None
        self.closing: list[Closing] = []

    def _take(self, act: str, **facts: Any) -> None:
        if self.refuse is not None:
            refusal, self.refuse = self.refuse, None
            raise refusal
        self.acts.append((act, facts))

    def open(self, **facts: Any) -> str:
        self._take("open", **facts)
        return self.next_reference

    def propose(self, **facts: Any) -> str:
        self._take("propose", **facts)
        return self.next_reference

    def approve(self, reference: str, **facts: Any) -> None:
        self._take("approve", reference=reference, **facts)

    def set_payee(self, reference: str, payee: Any, **facts: Any) -> None:
        self._take("set_payee", reference=reference, payee=payee, **facts)

    def decline(self, reference: str, **facts: Any) -> None:
        self._take("decline", reference=reference, **facts)

    def ask(self, effect_id: int, **facts: Any) -> None:
        self._take("ask", effect_id=effect_id, **facts)

    def retry(self, effect_id: int, **facts: Any) -> None:
        self._take("retry", effect_id=effect_id, **facts)

    def release(self, effect_id: int, **facts: Any) -> None:
        self._take("release", effect_id=effect_id, **facts)

    def profiles(self) -> list[str]:
        return ["vnpay-session"]

    def files(self, day: Any) -> list[Any]:
        return []

    def closings(self, day: Any) -> list[Closing]:
        return self.closing

    def preview(self, name: str, raw: bytes, profile: str) -> Understood:
        fact = {"account": "1902", "lines": 1, "opening": 0, "closing": 5, "difference": 0}
        return Understood("csv", True, [fact], [])

    def load(self, name: str, raw: bytes, profile: str, **facts: Any) -> Loaded:
        self._take("load", name=name, raw=raw, **facts)
        return Loaded("1", "csv", True, False, 1, [])

    def propose_close(self, account: str, day: Any, **facts: Any) -> None:
        self._take("propose_close", account=account, day=day, **facts)

    def confirm_close(self, account: str, day: Any, **facts: Any) -> None:
        self._take("confirm_close", account=account, day=day, **facts)

    def explain(self, case_id: int, **facts: Any) -> None:
        self._take("explain", case_id=case_id, **facts)

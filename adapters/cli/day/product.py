"""The product's public doors as its users come through them: counters by the API, staff by the pages. No other way in."""

from __future__ import annotations

import re
import threading
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from html import unescape
from typing import Any
from urllib.parse import quote

from adapters.cli.day.calls import CallFailed, Place, Reply, expect

_REFERENCE = re.compile(r'href="/refunds/([0-9A-Z]{16})"')
_NEXT = re.compile(r'href="([^"]+)" rel="next"')


@dataclass(frozen=True, slots=True)
class Refused:
    """The product said no; ``code`` is the problem's code."""

    status: int
    code: str


class Counter:
    """A calling system with an API key, such as the payment page of one office."""

    def __init__(self, url: str, key: str) -> None:
        self._place = Place(url, {"Authorization": f"Bearer {key}"})

    def open_payment(self, dossier: str, channel: str, amount: int, *, key: str) -> dict[str, Any] | Refused:
        """Open an attempt; the same ``key`` is the same attempt however often it is asked for."""
        body = {
            "dossier_code": dossier,
            "channel": channel,
            "amount": amount,
            "payer_address": "127.0.0.1",
            "language": "vi",
        }
        return _or_refused(self._place.post("/api/v1/payments", body, Idempotency_Key=key))

    def payment(self, reference: str) -> dict[str, Any]:
        """One attempt."""
        found: dict[str, Any] = expect(self._place.get(f"/api/v1/payments/{reference}"), "payment").json()
        return found

    def dossier(self, code: str) -> dict[str, Any] | None:
        """A dossier with its payments, refunds and time line; ``None``: the product does not know it."""
        reply = self._place.get(f"/api/v1/dossiers/{quote(code)}")
        if reply.status == 404:
            return None
        found: dict[str, Any] = expect(reply, f"dossier {code}").json()
        return found

    def load(self, name: str, raw: bytes, *, profile: str, key: str) -> dict[str, Any] | Refused:
        """Upload a statement or session file."""
        query = {"name": name, "profile": profile} if profile else {"name": name}
        return _or_refused(
            self._place.post_bytes("/api/v1/statements", query, raw, Idempotency_Key=key), 200, 201
        )


def _or_refused(reply: Reply, *wanted: int) -> dict[str, Any] | Refused:
    if reply.status in (wanted or (200, 201, 202)):
        answer: dict[str, Any] = reply.json()
        return answer
    if 400 <= reply.status < 500 or reply.status == 503:
        try:
            code = str(reply.json().get("code", ""))
        except (ValueError, AttributeError):
            code = ""
        return Refused(reply.status, code)
    raise CallFailed("the API", reply.status, reply.text[:300])


class Staff:
    """One person of the office at the pages. Signs in again when the session has ended. Thread-safe."""

    def __init__(self, url: str, login: str, password: str) -> None:
        self._place, self._login, self._password = Place(url), login, password
        self._lock = threading.Lock()
        self._cookie = ""

    def page(self, path: str) -> str:
        """The text of a page."""
        for _ in range(2):
            reply = self._place.get(path, Cookie=self._signed_in())
            if reply.status != 303:
                return expect(reply, path, 200).text
            self._cookie = ""
        raise CallFailed(path, 303, "signed out again and again")

    def press(self, path: str, fields: dict[str, str]) -> Reply:
        """Send a form; the caller looks at the status (303 is done, 4xx was refused)."""
        for _ in range(2):
            reply = self._place.post_form(path, fields, Cookie=self._signed_in())
            if not (reply.status == 303 and reply.headers.get("location", "").startswith("/sign-in")):
                return reply
            self._cookie = ""
        raise CallFailed(path, 303, "signed out again and again")

    def waiting_refunds(self, most: int = 10_000) -> Iterator[str]:
        """References of the refunds that wait for an approval, newest first."""
        path, seen = "/refunds?queue=approve", 0
        while path and seen < most:
            text = self.page(path)
            found = list(dict.fromkeys(_REFERENCE.findall(text)))
            yield from found
            seen += len(found)
            further = _NEXT.search(text)
            path = unescape(further[1]) if further and found else ""

    def queue(self, name: str) -> list[str]:
        """References on the first page of a queue of refunds."""
        return list(dict.fromkeys(_REFERENCE.findall(self.page(f"/refunds?queue={name}"))))

    def complete(self, reference: str) -> bool:
        """Enter the payee's account where one is missing, and ask for a refund that a rule opened; ``True`` when asked."""
        page, path = self.page(f"/refunds/{reference}"), f"/refunds/{reference}"
        payee, ask = form_of(page, f"{path}/payee"), form_of(page, f"{path}/ask")
        if payee is not None and ask is not None:
            account = {"bank": "NHTHU", "account": f"9{reference[1:10]}", "name": "NGUOI NOP TIEN"}
            self.press(f"{path}/payee", payee | account)
        return ask is not None and self.press(f"{path}/ask", ask).status == 303

    def approve(self, reference: str) -> bool:
        """Look at a refund and approve what the page shows; ``False`` when the page offers no approval."""
        form = form_of(self.page(f"/refunds/{reference}"), f"/refunds/{reference}/approve")
        if form is None:
            return False
        reply = self.press(f"/refunds/{reference}/approve", form)
        return reply.status == 303

    def _signed_in(self) -> str:
        with self._lock:
            if not self._cookie:
                reply = self._place.post_form(
                    "/sign-in", {"login": self._login, "password": self._password, "next": "/"}
                )
                expect(reply, f"sign-in of {self._login}", 303)
                self._cookie = reply.headers["set-cookie"].partition(";")[0]
            return self._cookie


def form_of(page: str, action: str) -> dict[str, str] | None:
    """The hidden fields of the form that goes to ``action``; ``None`` when the page has no such form."""
    found = re.search(rf'<form action="{re.escape(action)}"[^>]*>(.*?)</form>', page, re.DOTALL)
    if found is None:
        return None
    fields = {}
    for tag in re.findall(r"<input[^>]*>", found[1]):
        facts = dict(re.findall(r'(\w+)="([^"]*)"', tag))
        if facts.get("type") == "hidden":
            fields[facts["name"]] = unescape(facts.get("value", ""))
    return fields


def ready(url: str, path: str = "/readyz") -> Sequence[str]:
    """What is not ready yet; empty when the product, or whoever is at ``url``, takes work."""
    try:
        reply = Place(url).get(path)
    except CallFailed as exc:
        return (str(exc),)
    return () if reply.status == 200 else (reply.text[:200],)

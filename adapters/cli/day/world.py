"""The outside world's side of the play: citizens at pages, agencies at their case system, banks and gateways at closing time.

Speaks only to the stand-ins' control addresses; the product is told by them, not by us.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import date, datetime
from typing import Any

from adapters.cli.day.calls import Place, Reply, expect

VNPAY, PLATFORM = "vnpay", "payment_platform"
CLOCK = "/_sandbox/play/clock"


class World:
    """All stand-ins behind one address."""

    def __init__(self, url: str) -> None:
        self._place = Place(url)

    # ---- the clock ---------------------------------------------------------------------------------------------------

    def move_clock(self, shown: datetime, scale: float) -> None:
        """The stand-ins' clock; a follower of ``PlayTime``."""
        facts = {"shown": shown.isoformat(), "scale": scale}
        expect(self._place.post(CLOCK, facts), "the stand-ins' clock", 204)

    # ---- agencies at the case system ---------------------------------------------------------------------------------

    def file_dossier(
        self,
        code: str,
        *,
        procedure: tuple[str, str],
        agency: str,
        applicant: str,
        form: Mapping[str, str],
        papers: Sequence[str],
        fees: Sequence[Mapping[str, Any]],
    ) -> None:
        """A citizen hands a dossier in."""
        facts = {
            "code": code,
            "procedure": procedure[0],
            "procedure_name": procedure[1],
            "agency": agency,
            "applicant": applicant,
            "form": dict(form),
            "papers": list(papers),
            "status": "processing",
            "fees": list(fees),
        }
        expect(self._place.post("/_sandbox/igate/dossiers", facts), f"file {code}", 201)

    def set_status(self, code: str, status: str) -> None:
        """The agency moves a dossier on, or ends it."""
        self._done(self._place.post(f"/_sandbox/igate/dossiers/{code}/status", {"status": status}), code)

    def set_fees(self, code: str, fees: Sequence[Mapping[str, Any]]) -> None:
        """The agency asks another fee."""
        self._done(self._place.post(f"/_sandbox/igate/dossiers/{code}/fees", {"fees": list(fees)}), code)

    # ---- citizens at payment pages -----------------------------------------------------------------------------------

    def pay(self, channel: str, url: str, *, ending: str, notify: str) -> dict[str, Any]:
        """The citizen at the page; what the provider then knows of it."""
        reply = self._place.post(f"/_sandbox/{channel}/pay", {"url": url, "ending": ending, "notify": notify})
        found: dict[str, Any] = expect(reply, f"pay at {channel}", 201, 409, 422).json()
        return found | {"http": reply.status}

    def pay_late(self, channel: str, reference: str) -> bool:
        """The success of a page that was left comes after all; ``False``: it was paid before."""
        reply = self._place.post(f"/_sandbox/{channel}/pay-late", {"reference": reference})
        return expect(reply, f"pay late at {channel}", 201, 409, 422).status == 201

    # ---- closing time ------------------------------------------------------------------------------------------------

    def close_session(self, session: date, first: date, pay_on: date) -> dict[str, int]:
        """The gateway closes the days from ``first`` to ``session`` and pays the net out; terminal → đồng."""
        facts = {"session": session.isoformat(), "from": first.isoformat(), "pay_on": pay_on.isoformat()}
        net: dict[str, int] = self._json(self._place.post("/_sandbox/vnpay/close-session", facts))["net"]
        return net

    def bank_step(self, day: date) -> dict[str, int]:
        """The bank pays the orders that wait, and sends back what it cannot deliver."""
        counts: dict[str, int] = self._json(
            self._place.post("/_sandbox/bank/step", {"date": day.isoformat()})
        )
        return counts

    def return_next_transfer(self, reason: str) -> None:
        """The next transfer that is paid comes back."""
        expect(self._place.post("/_sandbox/bank/returns", {"reason": reason}), "plan a return", 201)

    def open_account(self, account: str, kind: str = "bank") -> None:
        """An account of ours at the bank, or with the treasury."""
        facts = {"account": account, "kind": kind}
        expect(self._place.post("/_sandbox/bank/accounts", facts), f"open {account}", 201)

    def session_file(self, terminal: str, session: date, first: date) -> tuple[str, bytes]:
        """The gateway's file, its name and bytes."""
        query = {"terminal": terminal, "session": session.isoformat(), "from": first.isoformat()}
        return _file(self._place.get("/_sandbox/vnpay/settlement", query))

    def platform_file(self, day: date) -> tuple[str, bytes]:
        """The payment platform's file of one day."""
        return _file(self._place.get("/_sandbox/payment_platform/settlement", {"session": day.isoformat()}))

    def statements(self, day: date) -> list[tuple[str, bytes]]:
        """Every file that bank and treasury offer for a day."""
        names = self._json(self._place.get("/files", {"date": day.isoformat()}))["files"]
        files = []
        for item in names:
            reply = expect(self._place.get("/file", {"name": item["name"]}), item["name"], 200)
            files.append((str(item["name"]), reply.body))
        return files

    def spoil_session_file(self, session: date, by: int) -> None:
        """The gateway's file of ``session`` states a wrong total, by so much; 0 puts it right again."""
        if by:
            facts = {"session": session.isoformat(), "kind": "wrong-total", "by": by}
            expect(self._place.post("/_sandbox/vnpay/file-faults", facts), "spoil a file", 201)
        else:
            expect(self._place.delete("/_sandbox/vnpay/file-faults"), "mend a file", 200)

    def double_statement(self, account: str, day: date) -> None:
        """The bank offers an account's statement twice."""
        facts = {"account": account, "date": day.isoformat(), "kind": "twice"}
        expect(self._place.post("/_sandbox/bank/file-faults", facts), "double a file", 201)

    # ---- faults ------------------------------------------------------------------------------------------------------

    def fail(self, system: str, operation: str, kind: str, **facts: Any) -> None:
        """From now on the stand-in ``system`` misbehaves at ``operation`` (``*``: at all)."""
        body = {"system": system, "operation": operation, "kind": kind, **facts}
        expect(self._place.post("/_sandbox/faults", body), f"fault at {system}", 200, 201)

    def mend(self, operation: str = "") -> None:
        """Faults of ``operation`` end, or all of them."""
        query = f"?operation={operation}" if operation else ""
        expect(self._place.delete(f"/_sandbox/faults{query}"), "mend", 200)

    def register_citizen(self, number: str, name: str, birth: str) -> None:
        """Somebody whom the population database knows; ``birth`` as yyyyMMdd."""
        facts = {"number": number, "name": name.upper(), "birth": birth}
        expect(self._place.post("/_sandbox/population/citizens", facts), "register a citizen", 201)

    def land_finishes(self, code: str) -> None:
        """The land office takes a dossier on and ends it with a certificate; it tells the product by its callbacks."""
        facts = {"receipt": code, "steps": ["moved", "finished"]}
        expect(self._place.post("/_sandbox/land/run", facts), f"the land office at {code}", 201)

    def portal_loses(self, code: str) -> bool:
        """A dossier is gone at the national portal, and nobody is told; whether it had been there."""
        found = self._json(self._place.post("/_sandbox/dvcqg/forget", {"code": code}))
        return bool(found["forgotten"])

    # ---- the books ---------------------------------------------------------------------------------------------------

    def books(self, system: str) -> dict[str, Any]:
        """A stand-in's own books; those of ``statements`` are the bank's."""
        return self._json(self._place.get(f"/_sandbox/{system}/books"))

    def calls(self) -> int:
        """How many requests of the product arrived so far, reading of feeds and getting of tokens apart."""
        found = self._json(self._place.get("/_sandbox/calls"))
        idle = ("search", "token", "adapter_token", "Login")
        return sum(
            count for one in found.values() for name, count in one["received"].items() if name not in idle
        )

    def notices_waiting(self) -> int:
        """Notices of payments that are under way or have their time still to come."""
        counts = self._json(self._place.get("/_sandbox/vnpay/notices"))
        platform = self._json(self._place.get("/_sandbox/payment_platform/books"))
        return int(counts["waiting"]) + int(counts["under_way"]) + int(platform["waiting"])

    @staticmethod
    def _json(reply: Reply) -> dict[str, Any]:
        found: dict[str, Any] = expect(reply, "a stand-in").json()
        return found

    @staticmethod
    def _done(reply: Reply, code: str) -> None:
        expect(reply, f"the case system at {code}")


def _file(reply: Reply) -> tuple[str, bytes]:
    expect(reply, "a settlement file", 200)
    name = reply.headers.get("content-disposition", "").partition('filename="')[2].rstrip('"')
    return name, reply.body

"""The happenings of the scenario as acts: what citizens, agencies and one forger do, and how they try again."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any
from urllib.parse import urlencode

from adapters.cli.day.calls import CallFailed, Place
from adapters.cli.day.clock import PlayTime
from adapters.cli.day.diary import Diary, Page
from adapters.cli.day.product import Counter, Refused
from adapters.cli.day.progress import Progress
from adapters.cli.day.scenario import Act, Ending, FeeLine, Happening, Scenario
from adapters.cli.day.world import VNPAY, World

ENTERPRISE = "9900000016"
"""Of the stand-in register's own books."""
_SOON = timedelta(minutes=4)
_AFTER_READING = timedelta(minutes=10)
"""The case system's changes are read once in a while."""
_LONGEST = timedelta(minutes=20)
_PATIENCE = timedelta(hours=5)
"""So long after its time somebody still tries; then the office hears of it."""
_NOTHING_DUE = timedelta(0)
_ENDED = frozenset({"FAILED", "EXPIRED", "REVERSED"})
_TRANSIENT = frozenset({429, 503, 409})


class Citizens:
    """Turns a happening into an act for the lanes: does it, or says when to try again."""

    def __init__(
        self,
        scenario: Scenario,
        *,
        time: PlayTime,
        world: World,
        counters: dict[str, Counter],
        webhooks: Place,
        diary: Diary,
        progress: Progress,
    ) -> None:
        """Args:
        counters: agency → the counter whose pages open its payments.
        webhooks: the product's notification addresses, as anybody on the net reaches them.
        """
        self._scenario, self._time, self._world = scenario, time, world
        self._counters, self._webhooks = counters, webhooks
        self._diary, self._progress = diary, progress
        self._tried: dict[tuple[str, datetime], int] = {}

    def act(self, happening: Happening) -> timedelta | None:
        """Do it; a length of time means: not yet, try again then.

        Raises:
            CallFailed: an answer that nobody expects.
        """
        page = self._page(happening.dossier)
        again = {
            Act.FILE: self._file,
            Act.PAY: self._pay,
            Act.PAY_LATE: self._pay_late,
            Act.CLOSE: self._close,
            Act.LOWER_FEE: self._lower,
            Act.FORGED_NOTICE: self._forge,
            Act.NOTICE_BEFORE_ORDER: self._notice_first,
        }[happening.act](happening, page)
        if again is None:
            return None
        if self._time.now() - happening.at > _PATIENCE:
            page.given_up.append(f"{happening.act} {happening.choice} ({page.refusal})")
            return None
        key = happening.dossier, happening.at
        self._tried[key] = self._tried.get(key, 0) + 1
        return min(again * self._tried[key], _LONGEST)

    def _file(self, happening: Happening, page: Page) -> None:
        procedure, applicant = self._scenario.dossiers[happening.dossier]
        if int(page.code.rpartition("-")[2]) % 100:  # one in a hundred is in no register
            self._world.register_citizen(_form(page.code)["identityNumber"], applicant, "19990504")
        self._world.file_dossier(
            page.code,
            procedure=(procedure.code, procedure.name),
            agency=procedure.agency,
            applicant=applicant,
            form=_form(page.code),
            papers=("Đơn đề nghị", "Bản vẽ") if procedure.agency == "H21.12" else ("Đơn đề nghị",),
            fees=[_fee(line, line.amount) for line in procedure.lines],
        )
        self._progress.count("filed")

    def _pay(self, happening: Happening, page: Page) -> timedelta | None:
        opened = self._open(happening.choice, page)
        if isinstance(opened, timedelta):
            return opened or None
        if happening.ending is Ending.ABANDONED:
            self._world.pay(happening.choice, opened, ending="abandoned", notify="lost")
            return None
        notify = "before" if page.first_notice else happening.delivery.value
        seen = self._world.pay(happening.choice, opened, ending=happening.ending.value, notify=notify)
        page.first_notice = False
        del page.open_on[happening.choice]
        if seen["http"] != 201 or _expired(happening, seen):
            page.refusal = "page expired"
            return _SOON  # the page had run out: the citizen asks for another one
        self._progress.count("paid")
        return None

    def _open(self, channel: str, page: Page) -> str | timedelta:
        """The address of the payment page, opened once per need; a length of time while it is not there."""
        counter = self._counters[self._scenario.dossiers[page.code][0].agency]
        reference = page.open_on.get(channel)
        if reference is None:
            key = f"{page.code}:{channel}:{page.tries}"
            answer = counter.open_payment(page.code, channel, page.due, key=key)
            if isinstance(answer, Refused):
                page.refusal = answer.code or str(answer.status)
                if answer.code == "paid":
                    return _NOTHING_DUE
                if answer.status == 404:
                    return _AFTER_READING
                # An earlier attempt is not resolved, or what is due has changed: people ask again later.
                return _SOON if answer.status in {403, 412, *_TRANSIENT} else _unexpected(answer, page)
            page.tries += 1
            reference = page.open_on[channel] = str(answer["id"])
            page.asked[reference] = int(answer["amount"])
        else:
            answer = counter.payment(reference)
        if answer.get("payment_url"):
            return str(answer["payment_url"])
        page.refusal = f"no page, {answer['state']}"
        if answer["state"] in _ENDED:
            del page.open_on[channel]
        return _SOON

    def _pay_late(self, happening: Happening, page: Page) -> None:
        reference = page.open_on.pop(happening.choice, None)
        if reference is not None and self._world.pay_late(happening.choice, reference):
            self._progress.count("paid")

    def _close(self, happening: Happening, page: Page) -> None:
        page.closed, page.closed_at = happening.choice, self._time.now()
        self._world.set_status(page.code, happening.choice)
        self._progress.count("closed")

    def _lower(self, happening: Happening, page: Page) -> None:
        procedure, _ = self._scenario.dossiers[happening.dossier]
        first = procedure.lines[0]
        page.lines[first.code] = lowered(first.amount)
        page.lowered_at = self._time.now()
        self._world.set_fees(page.code, [_fee(line, page.lines[line.code]) for line in procedure.lines])

    def _forge(self, happening: Happening, page: Page) -> timedelta | None:
        """Somebody without the secret says that the open attempt was paid."""
        opened = self._open(happening.choice, page)
        if isinstance(opened, timedelta):
            return opened or None
        reference = page.open_on[happening.choice]
        page.forged.append(self._forged(happening.choice, reference, page.asked[reference]))
        return None

    def _forged(self, channel: str, reference: str, amount: int) -> str:
        if channel == VNPAY:
            says = {
                "vnp_Amount": str(amount * 100),
                "vnp_ResponseCode": "00",
                "vnp_TransactionStatus": "00",
                "vnp_TxnRef": reference,
                "vnp_SecureHash": "0" * 128,
            }
            reply = self._webhooks.get(f"/webhooks/vnpay/ipn?{urlencode(says)}")
            return str(reply.json().get("RspCode", reply.status))
        body = {
            "LoaiBanTin": "CONFIRM",
            "MaLoi": "00",
            "MaThamChieu": reference,
            "SoTien": amount,
            "MaXacThuc": "0" * 64,
        }
        reply = self._webhooks.post("/webhooks/payment-platform/confirm", body)
        return str(reply.json().get("MaLoi", reply.status))

    def _notice_first(self, happening: Happening, page: Page) -> None:
        del happening
        page.first_notice = True

    def _page(self, code: str) -> Page:
        procedure, _ = self._scenario.dossiers[code]
        return self._diary.page(code, {line.code: line.amount for line in procedure.lines})


def lowered(amount: int) -> int:
    """The fee after the agency found that it had asked a fifth too much; whole thousands."""
    return amount - max(1_000, amount // 5 // 1_000 * 1_000)


def _form(code: str) -> dict[str, str]:
    """What the citizen writes into the form; made up, another for each dossier. Some hand in for an enterprise."""
    number = int(code.rpartition("-")[2])
    enterprise = {"taxCode": ENTERPRISE} if code.startswith("H21.129-") and number % 7 == 0 else {}
    return enterprise | {
        "identityNumber": f"052099{number:06d}",
        "birthday": "04/05/1999",
        "gender": "Nam",
        "phoneNumber": f"09{number:08d}",
        "address": f"Số {number} đường Thử Nghiệm",
        "provinceCode": "52",
        "villageCode": "21583",
        "noidungyeucaugiaiquyet": "Đề nghị giải quyết thủ tục hành chính",
    }


def _fee(line: FeeLine, amount: int) -> dict[str, Any]:
    return {"code": line.code, "name": line.name, "kind": line.kind, "amount": amount}


def _expired(happening: Happening, seen: dict[str, Any]) -> bool:
    """Whether the provider calls an attempt failed that the citizen had meant to pay."""
    return happening.ending is not Ending.FAILED and str(seen.get("status", "")) == "02"


def _unexpected(answer: Refused, page: Page) -> timedelta:
    raise CallFailed(f"open a payment of {page.code}", answer.status, answer.code)

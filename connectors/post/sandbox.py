"""The sandbox of the Post: its four doors, its own order book and feed. Written from the published fields.

Control: ``/_sandbox/post/...``. What no paper tells (codes of refusals, the price, states but 4) is this sandbox's own choice.
"""

from __future__ import annotations

import json
from dataclasses import dataclass, field
from datetime import datetime, timedelta, timezone
from typing import Any

from connectors.kit.sandbox import Clock, Sandbox, SandboxAnswer, SandboxRequest, route

_ZONE = timezone(timedelta(hours=7))
_TEXTS = ("Name", "Tel", "Email", "Address", "Desc")
_NUMBERS = ("Province", "District")
_NOTICE = (
    "dossierId",
    "MaThuTuc",
    "TenThuTuc",
    "MaHoSo",
    "LePhi",
    "ChuHoSo",
    "NguoiNop",
    "CMT",
    "DiaChi",
    "NgayTiepNhan",
    "DiaChiBC",
)
_SERVICES = {
    "orderpost": "send_order",
    "ordercancel": "cancel_order",
    "ordertracking": "read_tracking",
    "pricehcc": "ask_price",
    "document": "push_document",
}


@dataclass
class _Order:
    """One order as the Post keeps it. ``sent``: how often it came."""

    body: dict[str, Any]
    state: str = "registered"
    sent: int = 1
    documents: list[dict[str, Any]] = field(default_factory=list)


class PostSandbox(Sandbox):
    """One customer's side of the Post.

    Args:
        repeats_are_one: a second order with the same number is answered 101; otherwise it is a second parcel.
        secret: value of ``Authorization`` or ``access_token`` that calls must carry; empty: none is asked for.
        item_codes: waybills that are left; ``None``: the Post gives them without end.
    """

    system = "post"

    def __init__(
        self,
        *,
        clock: Clock | None = None,
        customer: str = "HCC-THU",
        repeats_are_one: bool = True,
        secret: str = "",
        item_codes: int | None = None,
    ) -> None:
        super().__init__(clock=clock)
        self.customer, self.repeats_are_one, self.secret = customer, repeats_are_one, secret
        self.item_codes = item_codes
        self.orders: dict[str, _Order] = {}
        self.parcels = 0
        self.notices: dict[str, dict[str, Any]] = {}
        self.feed: list[dict[str, Any]] = []
        self.refused: list[str] = []

    def operation_of(self, request: SandboxRequest) -> str:
        """By ``?service=`` where one address serves several."""
        if request.path.rstrip("/") == "/post/lgsp":
            return _SERVICES.get(request.query.get("service", ""), "unknown")
        return super().operation_of(request)

    # ---- what the Post offers ----------------------------------------------------------------------------------------

    @route("POST", "/post/apiVNPostNGSP/p1.0/order/post", "send_order")
    @route("POST", "/post/province/order", "send_order")
    def send_order(self, request: SandboxRequest) -> SandboxAnswer:
        """One order."""
        return self._serve(request, self._order)

    @route("GET", "/post/apiVNPostNGSP/p1.0/order/cancel", "cancel_order")
    def cancel_order(self, request: SandboxRequest) -> SandboxAnswer:
        """Cancel by CustomerCode and OrderNumber in the query."""
        return self._signed(request) or self._cancel(request.query)

    @route("GET", "/post/apiVNPostNGSP/p1.0/order/tracking", "read_tracking")
    def read_tracking(self, request: SandboxRequest) -> SandboxAnswer:
        """The customer's feed, paged by ``pagesize`` and ``lastId``."""
        return self._signed(request) or self._page(request.query)

    @route("POST", "/post/lgsp/", "service")
    def service(self, request: SandboxRequest) -> SandboxAnswer:
        """One address, the message named by ``?service=``."""
        acts = {
            "orderpost": self._order,
            "ordercancel": self._cancel,
            "ordertracking": self._page,
            "pricehcc": self._price,
            "document": self._document,
        }
        act = acts.get(request.query.get("service", ""))
        return self._serve(request, act) if act else _json({"error": "no such service"}, 404)

    @route("POST", "/post/cls/notice", "send_notice")
    def send_notice(self, request: SandboxRequest) -> SandboxAnswer:
        """The CLS notice: a dossier waits for the postman."""

        def act(body: dict[str, Any]) -> SandboxAnswer:
            missing = [name for name in _NOTICE if name not in body]
            if missing or set(body) - set(_NOTICE):
                return self._no(f"sai trường: {missing}")
            if not isinstance(body["LePhi"], int) or not body["dossierId"]:
                return self._no("LePhi, dossierId")
            self.notices[str(body["dossierId"])] = body
            return _json({"Status": "100", "Message": "OK"})

        return self._serve(request, act)

    # ---- control -----------------------------------------------------------------------------------------------------

    @route("POST", "/_sandbox/post/events", "control")
    def add_event(self, request: SandboxRequest) -> SandboxAnswer:
        """``{order_number, status, message?, at?, post_point?, note?}``: the postman scans something. 4 is delivered."""
        facts = json.loads(request.body or b"{}")
        order = self.orders.get(str(facts.get("order_number")))
        if order is None:
            return _json({"error": "no such order"}, 404)
        at = datetime.fromisoformat(facts["at"]) if facts.get("at") else self.clock.now()
        status = str(facts.get("status", "4"))
        if status == "4":
            order.state = "delivered"
        self.feed.append(
            {
                "_id": {"$oid": f"{len(self.feed) + 1:024x}"},
                "CustomerCode": self.customer,
                "OrderNumber": facts["order_number"],
                "EventTime": at.astimezone(_ZONE).strftime("%Y-%m-%dT%H:%M:%S"),
                "POSID": str(facts.get("post_point", "590000")),
                "ItemCode": order.body.get("ItemCode") or f"HCC{len(self.feed) + 1:09d}VN",
                "StatusCode": status,
                "StatusMessage": str(facts.get("message", "Phát thành công" if status == "4" else "")),
                "Notes": str(facts.get("note", "")),
            }
        )
        return _json({"id": self.feed[-1]["_id"]["$oid"]}, 201)

    @route("GET", "/_sandbox/post/books", "control")
    def show_books(self, request: SandboxRequest) -> SandboxAnswer:
        """Everything that the Post knows, for a checker that shares no code with the product."""
        del request
        orders = {
            number: {
                "state": order.state,
                "sent": order.sent,
                "cod_amount": order.body["CODAmount"],
                "documents": len(order.documents),
            }
            for number, order in self.orders.items()
        }
        return _json(
            {
                "orders": orders,
                "parcels": self.parcels,
                "notices": sorted(self.notices),
                "events": len(self.feed),
                "refused": self.refused,
            }
        )

    # ---- its own rules -----------------------------------------------------------------------------------------------

    def _order(self, body: dict[str, Any]) -> SandboxAnswer:
        wrong = self._wrong(body)
        if wrong:
            return self._no(wrong)
        number = body["OrderNumber"]
        known = self.orders.get(number)
        if known is not None:
            known.sent += 1
            if self.repeats_are_one:
                return _json({"Status": "101", "Message": "Đơn hàng đã tồn tại"})
        if body.get("ItemCode") and self.item_codes is not None:
            if self.item_codes < 1:
                return self._no("hết mã bưu gửi")
            self.item_codes -= 1
        self.parcels += 1
        self.orders[number] = known or _Order(body)
        return _json({"Status": "100", "Message": "Thành công"})

    def _wrong(self, body: dict[str, Any]) -> str:
        """Names of what is not as published, or nothing."""
        texts = [f"{who}{what}" for who in ("Sender", "Receiver") for what in _TEXTS]
        numbers = [f"{who}{what}" for who in ("Sender", "Receiver") for what in _NUMBERS]
        agreed = {
            "CustomerCode",
            "OrderNumber",
            "CODAmount",
            "Description",
            "ItemCode",
            "FlagConfig",
            *texts,
            *numbers,
        }
        wrong = sorted(set(body) - agreed)
        wrong += [
            name for name in (*texts, "Description", "OrderNumber") if not isinstance(body.get(name), str)
        ]
        wrong += [name for name in numbers if type(body.get(name)) is not int or body[name] < 1]
        if type(body.get("CODAmount")) is not int or body["CODAmount"] < 0:
            wrong.append("CODAmount")
        if body.get("CustomerCode") != self.customer:
            wrong.append("CustomerCode")
        return ", ".join(wrong)

    def _cancel(self, facts: dict[str, Any]) -> SandboxAnswer:
        order = self.orders.get(str(facts.get("OrderNumber")))
        if order is None or facts.get("CustomerCode") != self.customer:
            return self._no("không có đơn hàng")
        if order.state == "delivered":
            return self._no("đã phát")
        order.state = "cancelled"
        return _json({"Status": 100, "Message": "Đã hủy"})

    def _page(self, facts: dict[str, Any]) -> SandboxAnswer:
        last, size = str(facts.get("lastId")), int(facts.get("pagesize") or 0)
        if len(last) != 24 or size < 1:
            return self._no("lastId, pagesize")
        rest = [line for line in self.feed if line["_id"]["$oid"] > last]
        page = rest[:size]
        return _json(
            {
                "_size": len(self.feed),
                "_total_pages": -(-len(rest) // size),
                "_returned": len(page),
                "_embedded": {"rh:doc": page},
            }
        )

    def _price(self, body: dict[str, Any]) -> SandboxAnswer:
        places = [body.get(who) or {} for who in ("sender", "receiver")]
        known = all(type(place.get(name)) is int for place in places for name in ("provCode", "distCode"))
        if body.get("mainSrv") != "HCC" or body.get("isreturn") != 1 or not known:
            return self._no("sai yêu cầu giá")
        away = places[0]["provCode"] != places[1]["provCode"]
        return _json(
            {"content": {"price": (26_000 if away else 18_000) + 2_000 * (int(body["weight"]) // 500)}}
        )

    def _document(self, body: dict[str, Any]) -> SandboxAnswer:
        order = self.orders.get(str(body.get("OrderNumber")))
        wanted = {"Procedure", "IsSendDocument", "IsReceiveResult", "State", "CustomerCode"}
        if order is None or not wanted <= set(body):
            return self._no("không có đơn hàng hoặc thiếu trường")
        for flag, block in (("IsSendDocument", "DocumentSender"), ("IsReceiveResult", "ResultReceiver")):
            person = body.get(block)
            if body[flag] is not (person is not None) or (person is not None and not person.get("Name")):
                return self._no(block)
        order.documents.append(body)
        return _json({"Status": "100", "Message": "OK"})

    def _no(self, what: str) -> SandboxAnswer:
        self.refused.append(what)
        return _json({"Status": "300", "Message": f"Từ chối: {what}"})

    def _signed(self, request: SandboxRequest) -> SandboxAnswer | None:
        given = (request.headers.get("access_token", ""), request.headers.get("authorization", ""))
        return None if not self.secret or self.secret in given else _json({"error": "unauthorized"}, 401)

    def _serve(self, request: SandboxRequest, act: Any) -> SandboxAnswer:
        refused = self._signed(request)
        if refused is not None:
            return refused
        try:
            body = json.loads(request.body)
        except ValueError:
            return self._no("không phải JSON")
        answer: SandboxAnswer = act(body) if isinstance(body, dict) else self._no("không phải đối tượng")
        return answer


def _json(data: object, status: int = 200) -> SandboxAnswer:
    raw = json.dumps(data, ensure_ascii=False).encode()
    return SandboxAnswer(status, {"Content-Type": "application/json; charset=utf-8"}, raw)

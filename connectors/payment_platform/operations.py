"""What the effect engine may ask of the payment platform, and how each outcome is found."""

from __future__ import annotations

from connectors.errors import OutcomeUnknown
from connectors.kit.effects import Call, Done, EffectClass, Finding, NotDone, Operation, Undecided
from connectors.payment_platform.client import ASK, BILL, OPEN, SYSTEM, Client, is_final
from mappings.canonical.codec import to_json


def operations(client: Client) -> tuple[Operation, ...]:
    """INIT, QUERY and GET_BILL. There is no refund message: ``Client.supports_refund`` is ``False``."""

    def open_payment(call: Call) -> Done:
        facts = call.payload
        url = client.open_payment(
            reference=facts["reference"],
            amount=facts["amount"],
            request_time=facts["request_time"],
            description=facts["description"],
            payer_address=facts["payer_address"],
            language=facts.get("language", "vi"),
            receipt=facts["receipt"],
            deadline_seconds=call.deadline_seconds,
        )
        return Done(data={"payment_url": url}, code="00")

    def find_payment(call: Call) -> Finding:
        """INIT's outcome by QUERY. Its address is lost for good: whoever pays needs a new attempt."""
        facts = call.payload
        try:
            news = client.query(
                reference=facts["reference"],
                request_time=facts["request_time"],
                amount=facts["amount"],
                deadline_seconds=call.deadline_seconds,
            )
        except OutcomeUnknown as exc:
            return Undecided(message=str(exc)[:200])
        if news.code in client.not_found_codes:
            return NotDone(code=news.code)
        if "/" not in news.code:
            return Undecided(code=news.code)
        return Done(data={"payment_url": "", "news": to_json(news)}, code=news.code, final=is_final(news))

    def query_payment(call: Call) -> Done:
        facts = call.payload
        news = client.query(
            reference=facts["reference"],
            request_time=facts["request_time"],
            amount=facts["amount"],
            deadline_seconds=call.deadline_seconds,
        )
        return Done(data={"news": to_json(news)}, code=news.code, final=is_final(news))

    def get_bill(call: Call) -> Done:
        facts = call.payload
        receipt = client.get_bill(
            reference=facts["reference"],
            request_time=facts["request_time"],
            deadline_seconds=call.deadline_seconds,
        )
        return Done(data={"receipt": receipt}, code="00", final=bool(receipt))

    return (
        Operation(
            system=SYSTEM,
            name=OPEN,
            effect_class=EffectClass.FINDABLE,
            found_by="QUERY with the attempt's own MaThamChieu and ThoiGianGD; 'not found' is no proof, since a "
            "payment may become visible late. Nobody can pay without the address that only the answer carries",
            perform=open_payment,
            look_up=find_payment,
            not_found_is_proof=False,
        ),
        Operation(
            system=SYSTEM,
            name=ASK,
            effect_class=EffectClass.READ,
            found_by="asking changes nothing; it is repeated",
            perform=query_payment,
        ),
        Operation(
            system=SYSTEM,
            name=BILL,
            effect_class=EffectClass.READ,
            found_by="asking changes nothing; it is repeated",
            perform=get_bill,
        ),
    )

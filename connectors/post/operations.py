"""What the effect engine may ask of the Post, and how each outcome is found."""

from __future__ import annotations

from connectors.kit.effects import Call, Done, EffectClass, Operation
from connectors.post.client import CANCEL, DOCUMENT, NOTICE, PRICE, SEND, SYSTEM, TRACK, Client
from connectors.post.translate import DocumentPush, Notice
from mappings.canonical.codec import from_json, to_json
from mappings.canonical.party import Place
from mappings.canonical.post import PostalOrder, cash_on_delivery

_BY_EVIDENCE = (
    "no look-up by OrderNumber is known: a line of the tracking feed with our OrderNumber, the Post's list of the day, "
    "or a person who asks the post office; never sent again by itself"
)
_BY_REPEAT = "sent again with the same OrderNumber: the Post agreed that this is one parcel and answers 101"


def operations(client: Client) -> tuple[Operation, ...]:
    """The messages that this façade has."""
    return tuple(made for made in _all(client) if client.offers(made.name))


def _all(client: Client) -> tuple[Operation, ...]:
    repeats_are_one = client.repeats_are_one is True
    keyed = EffectClass.IDEMPOTENT if repeats_are_one else EffectClass.EVIDENCE
    keyed_by = _BY_REPEAT if repeats_are_one else _BY_EVIDENCE

    def send_order(call: Call) -> Done:
        order = from_json(PostalOrder, call.payload["order"])
        code = client.send_order(order, deadline_seconds=call.deadline_seconds)
        return Done(data={"order_number": order.number, "cash": to_json(cash_on_delivery(order))}, code=code)

    def cancel_order(call: Call) -> Done:
        number = str(call.payload["order_number"])
        code = client.cancel_order(number, deadline_seconds=call.deadline_seconds)
        return Done(data={"order_number": number}, code=code)

    def push_document(call: Call) -> Done:
        facts = from_json(DocumentPush, call.payload["document"])
        code = client.push_document(facts, deadline_seconds=call.deadline_seconds)
        return Done(data={"order_number": facts.number}, code=code)

    def send_notice(call: Call) -> Done:
        facts = from_json(Notice, call.payload["notice"])
        code = client.send_notice(facts, deadline_seconds=call.deadline_seconds)
        return Done(data={"dossier_code": facts.dossier_code}, code=code)

    def ask_price(call: Call) -> Done:
        found = client.ask_price(
            from_json(Place, call.payload["sender"]),
            from_json(Place, call.payload["receiver"]),
            call.payload["weight_grams"],
            deadline_seconds=call.deadline_seconds,
        )
        return Done(data={"price": to_json(found)})

    def read_tracking(call: Call) -> Done:
        page = client.read_tracking(
            str(call.payload.get("cursor", "")), deadline_seconds=call.deadline_seconds
        )
        return Done(data={"page": to_json(page)}, final=not page.more)

    return (
        Operation(system=SYSTEM, name=SEND, effect_class=keyed, found_by=keyed_by, perform=send_order),
        Operation(
            system=SYSTEM,
            name=CANCEL,
            effect_class=EffectClass.IDEMPOTENT,
            found_by="cancelled again with the same OrderNumber: it can only be cancelled once (assumed)",
            perform=cancel_order,
        ),
        Operation(system=SYSTEM, name=DOCUMENT, effect_class=keyed, found_by=keyed_by, perform=push_document),
        Operation(
            system=SYSTEM,
            name=NOTICE,
            effect_class=EffectClass.EVIDENCE,
            found_by="nothing is known of repeats: the post office says whether it has the notice",
            perform=send_notice,
        ),
        Operation(
            system=SYSTEM,
            name=PRICE,
            effect_class=EffectClass.READ,
            found_by="asking changes nothing; it is repeated",
            perform=ask_price,
        ),
        Operation(
            system=SYSTEM,
            name=TRACK,
            effect_class=EffectClass.READ,
            found_by="reading the feed changes nothing; it is repeated with the same cursor",
            perform=read_tracking,
        ),
    )

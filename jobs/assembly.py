"""The money path put together: connectors, services, handlers and drains of one process. Nothing is connected here."""

from __future__ import annotations

import base64
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import timedelta
from typing import TYPE_CHECKING

from connectors import registry
from connectors.kit.seams import Chance, Clock, Ids
from connectors.registry import Connectors
from jobs.calendar.service import StoredCalendar
from jobs.effects.desk import EffectDesk
from jobs.effects.model import Handler
from jobs.files.links import Links
from jobs.files.service import Files
from jobs.inbound import handlers as inbound_handlers
from jobs.inbound import senders
from jobs.inbound.pulling import Pulls
from jobs.inbound.service import Inbound
from jobs.intake.feed import Feed
from jobs.payments import gateways, opening
from jobs.payments import handlers as payment_handlers
from jobs.payments.channels import TRANSFER_LIVES, CalledChannel, RedirectChannel
from jobs.payments.ports import Channel
from jobs.payments.service import Payments
from jobs.reconciliation.service import Reconciliation
from jobs.refunds import handlers as refund_handlers
from jobs.refunds.remedies import Remedies
from jobs.refunds.service import Refunds
from jobs.reuse.rules import read_questions
from jobs.reuse.service import Reuse
from jobs.signatures import handlers as signature_handlers
from jobs.signatures.service import Signatures
from jobs.signatures.setup import signing
from jobs.signatures.validation import Validation
from jobs.store.postgres.store import PgStore
from jobs.switching import claims
from jobs.switching.stored import beside
from jobs.sync import handlers as sync_handlers
from jobs.sync.routes import routes
from jobs.sync.rules import read_rules
from jobs.sync.service import Sync

if TYPE_CHECKING:
    from config.connector_sections import ConnectorSettings
    from config.settings import Settings


_TAKE_BYTES = {"lgsp": "read_file", "land": "files", "igate": "read_file"}
"""Systems that take files inside their messages → where their client asks for the bytes."""


@dataclass(frozen=True, slots=True)
class Assembly:
    """Services of one process and what hangs on them.

    Attributes:
        handlers: (system, operation) → the domain's side of an effect.
        feed, sync, links, inbound, pulls: ``None``: no case system is set.
    """

    connectors: Connectors
    calendar: StoredCalendar
    payments: Payments
    refunds: Refunds
    reconciliation: Reconciliation
    desk: EffectDesk
    handlers: Mapping[tuple[str, str], Handler]
    signatures: Signatures
    validation: Validation
    feed: Feed | None
    sync: Sync | None
    links: Links | None
    inbound: Inbound | None = None
    pulls: Pulls | None = None


def assemble(settings: Settings, store: PgStore, *, clock: Clock, ids: Ids, chance: Chance) -> Assembly:
    """Wire every service to its collaborators, by the systems that the settings name."""
    connectors = registry.build(settings.connectors, clock=clock, with_=beside(store))
    calendar = StoredCalendar(store)
    refunds = Refunds(store, ids, calendar=calendar, chance=chance, gateways=gateways.of(settings.connectors))
    payments = Payments(
        store,
        ids,
        channels=channels(settings, connectors),
        owed=refunds,
        confirms=settings.connectors.igate is not None,
        chance=chance,
        audit=opening.audited,
    )
    handlers = {**payment_handlers.handlers(payments), **refund_handlers.handlers(refunds.ground)}
    feed = sync = links = inbound = pulls = None
    if settings.connectors.igate is not None:
        links = file_links(settings)
        reuse = reusing(settings, connectors, ids)
        sync = synchronisation(settings, store, connectors, links, reuse)
        feed = Feed(store, connectors.clients["igate"], refunds, changed=sync.want)
        handlers |= sync_handlers.handlers(sync)
        handlers |= {} if reuse is None else reuse.handlers()
        creating = senders.creating(connectors.clients, connectors.clients["igate"])
        fetch, names = senders.fetchers(connectors.clients), senders.names(connectors.clients)
        inbound = Inbound(store, creating, fetch=fetch, sync=sync, names=names)
        pulls = Pulls(store, connectors.clients)
        handlers = inbound_handlers.merged(handlers, inbound_handlers.handlers(creating))
    signatures, validation = signing(settings, store, connectors, clock=clock, ids=ids)
    handlers = inbound_handlers.merged(handlers, signature_handlers.handlers(signatures))
    handlers = inbound_handlers.merged(handlers, claims.handlers(settings.connectors))
    return Assembly(
        connectors=connectors,
        calendar=calendar,
        payments=payments,
        refunds=refunds,
        reconciliation=Reconciliation(store, calendar, Remedies(payments, refunds)),
        desk=EffectDesk(store, connectors.operations, handlers),
        handlers=handlers,
        signatures=signatures,
        validation=validation,
        feed=feed,
        sync=sync,
        links=links,
        inbound=inbound,
        pulls=pulls,
    )


def file_links(settings: Settings) -> Links | None:
    """How other systems pull files from us; ``None``: they may not."""
    secret = settings.files.secret.get_secret_value()
    return Links(secret, settings.api.address, timedelta(hours=settings.files.hours)) if secret else None


def reusing(settings: Settings, connectors: Connectors, ids: Ids) -> Reuse | None:
    """What is asked of national databases; ``None``: nothing."""
    key = settings.reuse.key.get_secret_value()
    if not key:
        return None
    questions = read_questions(settings.reuse.questions)
    return Reuse(questions, list(connectors.clients), ids, officer=settings.reuse.officer, key=key)


def synchronisation(
    settings: Settings, store: PgStore, connectors: Connectors, links: Links | None, reuse: Reuse | None
) -> Sync:
    """Who is told of dossiers: the systems that are set, by the rules of the installation."""
    case_system = connectors.clients["igate"]
    files = Files(store, case_system, links)
    for system, name in _TAKE_BYTES.items():
        if system in connectors.clients:
            setattr(connectors.clients[system], name, files.read)
    for system, client in connectors.clients.items():
        if system.startswith("handover."):
            client.files = lambda file: base64.b64encode(files.read(file)).decode()
    rules = read_rules(settings.sync.subscriptions)
    return Sync(store, case_system, routes(connectors.clients), rules, files=files, reuse=reuse)


def channels(settings: Settings, connectors: Connectors) -> dict[str, Channel]:
    """The ways to pay that this installation has."""
    found: dict[str, Channel] = {}
    vnpay, platform = settings.connectors.vnpay, settings.connectors.payment_platform
    if vnpay is not None:
        found["vnpay"] = RedirectChannel(
            connectors.clients["vnpay"], vnpay.tmn_code, minimum=vnpay.least_amount, maximum=vnpay.most_amount
        )
    if platform is not None:
        found["payment_platform"] = CalledChannel(
            platform.partner_code, f"{settings.api.address}/payment-return"
        )
    return {**found, **_wallets(settings.connectors), **_transfers(settings.connectors, connectors)}


def _wallets(sections: ConnectorSettings) -> dict[str, Channel]:
    """Wallets are called for their page; they keep the money until they pay their sessions out."""
    found: dict[str, Channel] = {}
    momo, zalopay = sections.momo, sections.zalopay
    if momo is not None:
        found["momo"] = CalledChannel(
            momo.partner_code,
            "",
            "momo",
            "momo",
            momo.least_amount,
            momo.most_amount,
            straight=False,
            receipts=False,
        )
    if zalopay is not None:
        found["zalopay"] = CalledChannel(
            zalopay.app_id, "", "zalopay", "zalopay", zalopay.least_amount, zalopay.most_amount, straight=False,
            receipts=False,
        )  # fmt: skip
    return found


def _transfers(sections: ConnectorSettings, connectors: Connectors) -> dict[str, Channel]:
    """Transfers by a code of ours: nobody is called, the money goes straight to the account in the code."""
    vietqr = sections.vietqr
    if vietqr is None:
        return {}
    return {
        "vietqr": RedirectChannel(
            connectors.clients["vietqr"], vietqr.terminal, "vietqr", "vietqr", vietqr.least_amount, vietqr.most_amount,
            straight=True, page_lives=TRANSFER_LIVES,
        )
    }  # fmt: skip

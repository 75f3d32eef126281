"""The route table of the pages. Every row names the right that it needs; every posted form its one-time action."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from starlette.responses import Response
from starlette.routing import BaseRoute, Route

from adapters.dashboard import dossiers, effects, mappings, overview, reconciliation, refunds
from adapters.dashboard.live import Live
from adapters.dashboard.signing_in import choose_language, sign_in_page, sign_out
from adapters.dashboard.visits import Visit, page
from adapters.ports import Edge
from jobs.access.model import Right


@dataclass(frozen=True, slots=True)
class Page:
    """One page or one posted form; ``action`` makes it a form that happens once."""

    path: str
    handler: Callable[[Visit], Response]
    right: Right
    action: str = ""


PAGES: tuple[Page, ...] = (
    Page("/", overview.show, Right.SEE),
    Page("/dossiers", dossiers.index, Right.SEE),
    Page("/dossiers/{code:path}/personal", dossiers.unmask, Right.SEE_PERSONAL, "see-personal"),
    Page("/dossiers/{code:path}", dossiers.show, Right.SEE),
    Page("/refunds", refunds.index, Right.SEE),
    Page("/refunds", refunds.propose, Right.PROPOSE_REFUND, "propose-refund"),
    Page("/refunds/new", refunds.new, Right.PROPOSE_REFUND),
    Page("/refunds/{reference}", refunds.show, Right.SEE),
    Page("/refunds/{reference}/approve", refunds.approve, Right.APPROVE_REFUND, "approve-refund"),
    Page("/refunds/{reference}/ask", refunds.ask, Right.PROPOSE_REFUND, "ask-refund"),
    Page("/refunds/{reference}/payee", refunds.payee, Right.PROPOSE_REFUND, "set-refund-payee"),
    Page("/refunds/{reference}/decline", refunds.decline, Right.APPROVE_REFUND, "decline-refund"),
    Page("/reconciliation", reconciliation.index, Right.SEE),
    Page("/reconciliation/breaks/{id:int}", reconciliation.show_break, Right.SEE),
    Page(
        "/reconciliation/breaks/{id:int}/explain",
        reconciliation.explain,
        Right.EXPLAIN_BREAK,
        "explain-break",
    ),
    Page("/reconciliation/close", reconciliation.close, Right.CLOSE_DAY, "close-day"),
    Page("/reconciliation/upload", reconciliation.upload, Right.LOAD_STATEMENT, "upload-file"),
    Page("/reconciliation/load", reconciliation.load, Right.LOAD_STATEMENT, "load-file"),
    Page("/effects", effects.index, Right.SEE),
    Page("/effects/{id:int}", effects.show, Right.SEE),
    Page("/effects/{id:int}/exchanges", effects.unmask, Right.SEE_PERSONAL, "see-exchanges"),
    Page("/effects/{id:int}/ask", effects.act("ask"), Right.ASK, "ask-effect"),
    Page("/effects/{id:int}/retry", effects.act("retry"), Right.RETRY, "retry-effect"),
    Page("/effects/{id:int}/release", effects.act("release"), Right.RELEASE, "release-lane"),
    Page("/mappings", mappings.index, Right.SEE),
    Page("/mappings", mappings.propose, Right.PROPOSE_MAPPING, "propose-mapping"),
    Page("/mappings/{id:int}/accept", mappings.accept, Right.ACCEPT_MAPPING, "accept-mapping"),
    # Rejecting is also how somebody takes their own proposal back: the desk asks who it is.
    Page("/mappings/{id:int}/reject", mappings.reject, Right.PROPOSE_MAPPING, "reject-mapping"),
    Page("/mappings/{id:int}/end", mappings.end, Right.PROPOSE_MAPPING, "end-mapping"),
    Page("/mappings/{id:int}/accept-end", mappings.accept_end, Right.ACCEPT_MAPPING, "accept-mapping-end"),
    Page("/mappings/{id:int}/reject-end", mappings.reject_end, Right.PROPOSE_MAPPING, "reject-mapping-end"),
    Page("/language", choose_language, Right.SEE, "language"),
)


def routes(edge: Edge, live: Live) -> list[BaseRoute]:
    """Starlette routes of the table, of signing in and of the live stream."""
    made: list[BaseRoute] = [
        Route("/sign-in", sign_in_page(edge), methods=["GET", "POST"]),
        Route("/sign-out", sign_out(edge), methods=["POST"]),
        Route("/live", live.serve),
    ]
    made += [
        Route(
            row.path,
            page(edge, row.handler, right=row.right, action=row.action),
            methods=["POST"] if row.action else ["GET"],
        )
        for row in PAGES
    ]
    return made

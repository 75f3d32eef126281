"""The refund's states as one published table, the sums that count, and the terms that freeze. Pure."""

from __future__ import annotations

import hashlib
import unicodedata
from collections.abc import Iterable
from dataclasses import dataclass
from enum import StrEnum

from jobs.errors import IllegalTransition
from mappings.canonical.payment import RefundRoute
from mappings.canonical.payment import RefundState as S

LARGEST_AMOUNT = 1_000_000_000_000
"""Whole đồng; the same limit as for payments."""


class Posting(StrEnum):
    """What an edge does in the ledger; the posting table (``jobs.ledger``) says with which accounts."""

    NONE = ""
    RESERVE = "reserve"  # fee payable → refunds payable
    RELEASE = "release"  # and back
    SETTLE = "settle"  # refunds payable → where the money left
    RETURN = "return"  # the money is back, and owed as a fee again


@dataclass(frozen=True, slots=True)
class Edge:
    """One permitted move.

    Attributes:
        by: what moves it: ``person``, ``worker``, ``news`` (answer, query, file or statement).
        why_vi, why_en: one line for documents and screens.
    """

    before: S
    after: S
    by: str
    posting: Posting
    why_vi: str
    why_en: str


EDGES: tuple[Edge, ...] = (
    Edge(S.REQUESTED, S.APPROVED, "person", Posting.NONE,
         "Người thứ hai duyệt; nội dung được khóa", "A second person agreed; the terms freeze"),
    Edge(S.REQUESTED, S.DECLINED, "person", Posting.NONE, "Người duyệt không đồng ý", "The approver said no"),
    Edge(S.REQUESTED, S.WITHDRAWN, "person", Posting.NONE, "Người đề nghị rút lại", "Who asked took it back"),
    Edge(S.APPROVED, S.RESERVED, "worker", Posting.RESERVE,
         "Giữ tiền trong sổ, cùng lúc với duyệt", "Held in the ledger, in the same commit as the approval"),
    Edge(S.RESERVED, S.SENDING, "worker", Posting.NONE,
         "Lệnh được nhận để gửi; chỉ từ đây mới có byte rời đi", "Claimed; only now may a byte leave"),
    Edge(S.RESERVED, S.RELEASED, "person", Posting.RELEASE, "Ngừng trước khi gửi", "Stopped before anything left"),
    Edge(S.RESERVED, S.SENT_TO_BANK, "person", Posting.NONE,
         "Lệnh giấy đã giao Kho bạc, có số văn bản", "The paper order is at the treasury, with its number"),
    Edge(S.RESERVED, S.UNKNOWN, "worker", Posting.NONE,
         "Vừa phục hồi bản sao lưu: phải tra cứu trước", "A backup was restored: it is looked up first"),
    Edge(S.SENDING, S.NOT_SENT, "worker", Posting.NONE, "Chắc chắn chưa gửi gì", "Proof that nothing left"),
    Edge(S.SENDING, S.UNKNOWN, "worker", Posting.NONE, "Mất câu trả lời", "The answer was lost"),
    Edge(S.SENDING, S.ACCEPTED, "news", Posting.NONE, "Cổng đã nhận", "The provider took it"),
    Edge(S.SENDING, S.SENT_TO_BANK, "news", Posting.NONE, "Ngân hàng đã nhận lệnh", "The bank has it"),
    Edge(S.SENDING, S.SETTLED, "news", Posting.SETTLE, "Đã có trong tệp hoặc sao kê", "Seen in a file or statement"),
    Edge(S.SENDING, S.REJECTED, "news", Posting.RELEASE, "Bên kia từ chối", "Refused there"),
    Edge(S.NOT_SENT, S.SENDING, "worker", Posting.NONE, "Gửi lại, cùng khóa", "Again, with the same key"),
    Edge(S.NOT_SENT, S.RELEASED, "person", Posting.RELEASE, "Ngừng, chưa gửi gì", "Stopped, nothing left"),
    Edge(S.NOT_SENT, S.UNKNOWN, "worker", Posting.NONE,
         "Vừa phục hồi bản sao lưu: phải tra cứu trước", "A backup was restored: it is looked up first"),
    Edge(S.UNKNOWN, S.ACCEPTED, "news", Posting.NONE, "Tra cứu: cổng đã nhận", "Asked: the provider has it"),
    Edge(S.UNKNOWN, S.SENT_TO_BANK, "news", Posting.NONE, "Tra cứu: đã sang ngân hàng", "Asked: at the bank"),
    Edge(S.UNKNOWN, S.SETTLED, "news", Posting.SETTLE, "Đã có trong tệp hoặc sao kê", "Seen in a file or statement"),
    Edge(S.UNKNOWN, S.REJECTED, "news", Posting.RELEASE,
         "Bên kia nói rõ là từ chối (không bao giờ do hết giờ)", "A plain refusal, never the passing of time"),
    Edge(S.UNKNOWN, S.NOT_SENT, "person", Posting.NONE,
         "Hai người xác nhận chưa gửi, có chứng cứ", "Two people proved that nothing was done"),
    Edge(S.ACCEPTED, S.SENT_TO_BANK, "news", Posting.NONE, "Cổng đã chuyển ngân hàng", "Passed to the bank"),
    Edge(S.ACCEPTED, S.SETTLED, "news", Posting.SETTLE, "Đã có trong tệp hoặc sao kê", "Seen in a file or statement"),
    Edge(S.ACCEPTED, S.REJECTED, "news", Posting.RELEASE, "Cổng từ chối sau khi nhận", "Refused after all"),
    Edge(S.SENT_TO_BANK, S.SETTLED, "news", Posting.SETTLE,
         "Đã có trong tệp hoặc sao kê", "Seen in a file or statement"),
    Edge(S.SENT_TO_BANK, S.REJECTED, "news", Posting.RELEASE, "Bị từ chối sau khi chuyển", "Refused after all"),
    Edge(S.SETTLED, S.RETURNED_BY_BANK, "news", Posting.RETURN,
         "Ngân hàng trả lại; lập khoản hoàn mới", "The bank sent it back; a new refund follows"),
)  # fmt: skip
"""Code, the database (``refund_edge``) and ``docs/refund-states.md`` hold this table; tests keep them one."""

_BY_PAIR = {(edge.before, edge.after): edge for edge in EDGES}

NOT_HELD = frozenset({S.DECLINED, S.WITHDRAWN, S.RELEASED, S.REJECTED, S.RETURNED_BY_BANK})
"""Known to have failed, or never begun: everything else counts against the payment, in flight or not."""
RESERVED_IN_LEDGER = frozenset({S.RESERVED, S.SENDING, S.NOT_SENT, S.UNKNOWN, S.ACCEPTED, S.SENT_TO_BANK})
"""Refunds payable equals the sum of these, to the đồng."""
LEFT_US = frozenset({S.SENDING, S.UNKNOWN, S.ACCEPTED, S.SENT_TO_BANK})
"""May be on its way: no second one of the same payment where the provider cannot tell two apart."""
FINAL = NOT_HELD | {S.SETTLED}


def edge(reference: str, before: S, after: S) -> Edge:
    """The published edge between two states.

    Raises:
        IllegalTransition: there is none.
    """
    found = _BY_PAIR.get((before, after))
    if found is None:
        raise IllegalTransition("refund", reference, before, after)
    return found


def can_move(before: S, after: S) -> bool:
    """Whether the table has this edge."""
    return (before, after) in _BY_PAIR


def held(refunds: Iterable[tuple[S, int]]) -> int:
    """What of a payment is refunded or not yet known to have failed, whole đồng."""
    return sum(amount for state, amount in refunds if state not in NOT_HELD)


def terms_hash(
    *,
    reference: str,
    payment: str,
    amount: int,
    route: RefundRoute | str,
    cause: str,
    reason: str,
    payee_bank: str,
    payee_account: str,
    payee_name: str,
) -> str:
    """What an approval approves: payment, amount, way, payee and reason. The database computes the same (M6)."""
    parts = (
        reference,
        payment,
        str(amount),
        str(route),
        cause,
        reason,
        payee_bank,
        payee_account,
        payee_name,
    )
    return hashlib.sha256("\x1f".join(parts).encode()).hexdigest()


def folded(name: str) -> str:
    """A name as banks print it: no accents, one blank between words, lower case. The database has ``folded_name``."""
    plain = unicodedata.normalize("NFD", name.strip().lower()).replace("đ", "d")
    kept = "".join(letter for letter in plain if not unicodedata.combining(letter))
    return " ".join(kept.split())


def names_agree(one: str, other: str) -> bool:
    """Whether two names may be one person's: equal without accents, and not empty."""
    return bool(one.strip()) and folded(one) == folded(other)


def as_document(*, language: str = "vi") -> str:
    """The edge table as Markdown; ``docs/refund-states.md`` holds it."""
    head = {"vi": ("Từ", "Sang", "Do", "Sổ cái", "Vì sao"), "en": ("From", "To", "By", "Ledger", "Why")}[
        language
    ]
    rows = [f"| {' | '.join(head)} |", "| --- | --- | --- | --- | --- |"]
    for one in EDGES:
        why = one.why_vi if language == "vi" else one.why_en
        rows.append(f"| {one.before} | {one.after} | {one.by} | {one.posting.value} | {why} |")
    return "\n".join(rows)

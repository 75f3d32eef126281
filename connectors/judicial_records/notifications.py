"""What VNeID calls at our side: asking for a dossier code (LLTP/LayMaHoSo) and creating a dossier (LLTP/TaoHoSo).

Their secret travels in the query (``CodeGet``): the edge must keep this query out of its access log.
"""

from __future__ import annotations

import hmac
import json
from collections.abc import Mapping
from dataclasses import dataclass, field, replace

from connectors.errors import Forged
from connectors.judicial_records import translate_vneid
from connectors.judicial_records.settings import Settings
from connectors.kit.reading import an_object, json_value
from mappings.canonical.dossier import DossierState
from mappings.canonical.inbound import DossierNews, NewsKind

OK, ERROR = "00", "01"


@dataclass(frozen=True, slots=True)
class Received:
    """A verified message.

    Attributes:
        contents: id of a file → its bytes, to be stored with the news in one transaction.
    """

    news: DossierNews
    contents: Mapping[str, bytes] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Verdict:
    """What becomes of a message: ``news`` to be recorded, or ``None`` and the words of the refusal."""

    news: DossierNews | None
    refusal: str = ""


def asked_for_code(query: Mapping[str, str], *, settings: Settings) -> None:
    """LayMaHoSo: nothing but the secret. Whoever may ask gets a code that was never given before.

    Raises:
        Forged
    """
    _known(query, settings)


def verified(raw_body: bytes, query: Mapping[str, str], *, settings: Settings) -> Received:
    """TaoHoSo. The same bytes again have the same key. Whether it may be taken is :func:`decided` by the dossier's state.

    Raises:
        Forged: CodeGet is missing or wrong, or VNeID is not used here. Nothing in the body was read.
        Unreadable: a ``ValueError``; the body is not as agreed.
    """
    _known(query, settings)
    message = an_object(json_value(raw_body))
    more = settings.vneid.more_fields if settings.vneid else frozenset()
    news, contents = translate_vneid.received(message, raw_body, settings, more_fields=more)
    return Received(news, contents)


def decided(received: Received, known: DossierState | None, *, seen: bool = False) -> Verdict:
    """What becomes of a verified dossier.

    Args:
        known: state of the dossier with us; ``None``: we have none of that code.
        seen: the very same message was recorded before: it is answered as then and changes nothing.

    Returns:
        News of a new dossier; of a supplement, where one is being waited for (state 5); a refusal otherwise.
    """
    if known is None or seen:
        return Verdict(received.news)
    if known is DossierState.SUPPLEMENT:
        return Verdict(
            replace(received.news, kind=NewsKind.SUPPLEMENT_RECEIVED, state=DossierState.SUPPLEMENT)
        )
    return Verdict(None, "Hồ sơ không ở trạng thái yêu cầu bổ sung, không cập nhật được")


def answer(code: str, *, data: str = "", detail: str = "") -> bytes:
    """The body of our answer: ``00`` with the dossier code where one was asked for, ``01`` with the reason."""
    made = {"statusCode": code, "data": data or None, "errorDetail": detail or None}
    return json.dumps(made, ensure_ascii=False, separators=(",", ":")).encode()


def _known(query: Mapping[str, str], settings: Settings) -> None:
    """Both secrets are compared whole, in constant time."""
    if settings.vneid is None:
        raise Forged("judicial_records.vneid: not used here")
    given = query.get("CodeGet", "").encode("utf-8", "surrogatepass")
    right = False
    for secret in (settings.vneid.code_get, settings.vneid.previous_code_get):
        if secret is not None:
            right |= hmac.compare_digest(given, secret.get_secret_value().encode())
    if not right:
        raise Forged("judicial_records.vneid: CodeGet is missing or wrong")

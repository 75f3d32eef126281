"""How the provinces' and the national exchange platforms (LGSP, NGSP, NDXP) want to know who we are.

Facts and their confidence: ``docs/systems/lgsp.md``. Chosen by settings, see ``connectors.kit.credentials``.
"""

from __future__ import annotations

import base64
import hashlib
import json
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from contextvars import ContextVar
from typing import Literal
from urllib.parse import urlencode

from pydantic import SecretStr

from connectors.errors import CredentialsRefused
from connectors.kit.auth import Token, token_of
from connectors.kit.effects import EffectClass
from connectors.kit.seams import Clock, monotonic_seconds
from connectors.kit.transport import Auth, Outgoing, Transport

_acting: ContextVar[str] = ContextVar("acting_for", default="")


class TokenRequest:
    """A grant that sends the same request each time: what it carries is all that the styles differ in."""

    def __init__(
        self,
        transport: Transport,
        path: str,
        *,
        headers: Mapping[str, str],
        fields: Mapping[str, str],
        as_json: bool = False,
        monotonic: Callable[[], float] = monotonic_seconds,
    ) -> None:
        """``fields``: of the body, a form or (style 1b) a JSON object."""
        self._transport, self._path, self._monotonic = transport, path, monotonic
        media = "application/json" if as_json else "application/x-www-form-urlencoded"
        self._headers = {"Content-Type": media, **headers}
        self._body = (_compact(fields) if as_json else urlencode(fields)).encode()

    def __call__(self, old: Token | None, *, deadline_seconds: float) -> Token:
        del old
        begun = self._monotonic()
        answer = self._transport.send(
            "token",
            "POST",
            self._path,
            effect_class=EffectClass.READ,
            content=self._body,
            headers=self._headers,
            deadline_seconds=deadline_seconds,
        )
        return token_of(answer.content, begun)


def plain_pair(user: str, secret: SecretStr) -> str:
    """``Basic`` over ``user:secret`` as they are, without the form encoding of RFC 6749 §2.3.1, which these platforms do not undo."""
    return "Basic " + _base64(f"{user}:{secret.get_secret_value()}")


def access_header(
    *, access_key: SecretStr, secret_key: SecretStr, app_name: str, partner: str, customer: str
) -> str:
    """The value of ``lgspaccesstoken`` (style 2): base64 of a JSON object with these five, in this order."""
    facts = {
        "AccessKey": access_key.get_secret_value(),
        "SecretKey": secret_key.get_secret_value(),
        "AppName": app_name,
        "PartnerCode": partner,
        "PartnerCodeCus": customer,
    }
    return _base64(_compact(facts))


class SignedTime:
    """NDXP and X-Road (style 3): a hash over address, user, time and secret, made anew for every call.

    A proof that is kept goes stale: one known client makes it once per object and is refused from then on.
    """

    def __init__(
        self,
        clock: Clock,
        *,
        user: str,
        secret: SecretStr,
        service_url: str,
        unit: Literal["ms", "s"],
        fixed: Mapping[str, str],
    ) -> None:
        """Keep what is signed.

        Args:
            service_url: as agreed, to the letter; ``{path}`` stands for the path of the call.
            unit: of ``Timestamp``; known clients disagree.
            fixed: headers that do not change (X-Road-Client, ApiKey, SOAPAction).
        """
        self._clock, self._user, self._secret = clock, user, secret
        self._service, self._unit, self._fixed = service_url, unit, dict(fixed)

    def headers(self, request: Outgoing, *, deadline_seconds: float) -> Mapping[str, str]:
        del deadline_seconds
        stamp = self._stamp()
        signed = self._service.replace("{path}", request.path) + self._user + stamp
        digest = hashlib.sha256((signed + self._secret.get_secret_value()).encode()).hexdigest()
        return {
            **self._fixed,
            "Timestamp": stamp,
            "Authorization": "Basic " + _base64(f"{self._user}:{digest}"),
        }

    def renewed(self, used: Mapping[str, str], *, deadline_seconds: float) -> bool:
        """Never: the next proof is made of the same secret, and wrong secrets lock accounts."""
        del used, deadline_seconds
        return False

    def _stamp(self) -> str:
        """Whole units since 1970, without a float in between."""
        now = self._clock.now()
        seconds = int(now.replace(microsecond=0).timestamp())
        return str(seconds if self._unit == "s" else seconds * 1000 + now.microsecond // 1000)


class WithHeaders:
    """Further headers beside those of ``inner``; renewal is ``inner``'s."""

    def __init__(self, inner: Auth | None, more: Mapping[str, SecretStr]) -> None:
        self._inner = inner
        self._more = {name: value.get_secret_value() for name, value in more.items()}

    def headers(self, request: Outgoing, *, deadline_seconds: float) -> Mapping[str, str]:
        given = self._inner.headers(request, deadline_seconds=deadline_seconds) if self._inner else {}
        return {**self._more, **given}

    def renewed(self, used: Mapping[str, str], *, deadline_seconds: float) -> bool:
        """Whether ``inner`` has something newer."""
        return self._inner is not None and self._inner.renewed(used, deadline_seconds=deadline_seconds)


@contextmanager
def acting_for(officer: str) -> Iterator[None]:
    """Calls of this thread (or task) inside the block are made in the name of ``officer``, their account in the case system."""
    before = _acting.set(officer)
    try:
        yield
    finally:
        _acting.reset(before)


class PerStaff:
    """A hash of the acting officer's own account beside what ``inner`` gives (style 4)."""

    def __init__(
        self,
        inner: Auth | None,
        *,
        system: str,
        header: str,
        accounts: Mapping[str, SecretStr],
        otherwise: str,
    ) -> None:
        """Keep the hashes.

        Args:
            accounts: officer → ``keyName:keyPass``; capitals do not matter.
            otherwise: officer in whose name calls go that name none; empty: they are not made.
        """
        self._inner, self._system, self._header = inner, system, header
        self._hashes = {name.casefold(): _base64(pair.get_secret_value()) for name, pair in accounts.items()}
        self._otherwise = otherwise

    def headers(self, request: Outgoing, *, deadline_seconds: float) -> Mapping[str, str]:
        """The acting officer's hash beside the rest.

        Raises:
            CredentialsRefused: nobody acts, or who acts has no account there. Nothing has left.
        """
        mine = self._hashes.get((_acting.get() or self._otherwise).casefold())
        if mine is None:
            why = "the acting officer has no account there" if _acting.get() else "no officer is named"
            raise CredentialsRefused(why, system=self._system, operation="sign in")
        given = self._inner.headers(request, deadline_seconds=deadline_seconds) if self._inner else {}
        return {**given, self._header: mine}

    def renewed(self, used: Mapping[str, str], *, deadline_seconds: float) -> bool:
        """Whether ``inner`` has something newer."""
        return self._inner is not None and self._inner.renewed(used, deadline_seconds=deadline_seconds)


def _compact(fields: Mapping[str, str]) -> str:
    return json.dumps(fields, ensure_ascii=False, separators=(",", ":"))


def _base64(text: str) -> str:
    return base64.b64encode(text.encode()).decode()


__all__ = [
    "PerStaff",
    "SignedTime",
    "TokenRequest",
    "WithHeaders",
    "access_header",
    "acting_for",
    "plain_pair",
]

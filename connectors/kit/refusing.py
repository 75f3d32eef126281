"""What must not leave us is refused before a byte does, and where a payer may be sent."""

from __future__ import annotations

from collections.abc import Collection, Iterator
from contextlib import contextmanager
from typing import Any
from urllib.parse import urlsplit

from connectors.errors import ContractBroken, Rejected

NOT_SENT = "not-sent"
"""Code of a refusal that is ours: nothing left, and repeating cannot help."""


@contextmanager
def before_sending(system: str, operation: str, reference: str, *also: type[Exception]) -> Iterator[None]:
    """Inside, a request is made; what cannot be made is our own refusal. Nothing may have been sent by then.

    Args:
        also: kinds of errors that mean the same as a ``ValueError``.

    Raises:
        Rejected: with code :data:`NOT_SENT` and the words of the error.
    """
    ours: tuple[type[Exception], ...] = (ValueError, *also)
    try:
        yield
    except ours as exc:
        raise Rejected(
            str(exc), system=system, operation=operation, code=NOT_SENT, reference=reference
        ) from exc


def payer_page(
    address: str, *, base_url: str, hosts: Collection[str], field: str, facts: dict[str, Any]
) -> str:
    """The address that a payer is sent to, as it came.

    Args:
        base_url: where the system itself stands; http:// there is a sandbox on this machine, and then the page may be.
        hosts: agreed hosts in small letters; none: any.
        field: what the address is called there, for the message.
        facts: system, operation and reference.

    Raises:
        ContractBroken: not encrypted, malformed, with a user in it, or at a host that was not agreed.
    """
    parts = urlsplit(address)
    here = urlsplit(base_url).scheme == "http"
    if parts.scheme != "https" and not (here and parts.scheme == "http"):
        raise ContractBroken(f"{field} is not https", **facts)
    if not parts.hostname or parts.username or not address.isprintable() or " " in address:
        raise ContractBroken(f"{field} is malformed", **facts)
    if hosts and parts.hostname.lower() not in hosts:
        raise ContractBroken(f"{field} leads to a host that was not agreed", **facts)
    return address

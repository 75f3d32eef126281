"""Addresses of other systems as settings: plain, complete, and encrypted unless they stay on this machine."""

from __future__ import annotations

import ipaddress
from typing import Annotated
from urllib.parse import urlsplit

from pydantic import AfterValidator


def checked(address: str) -> str:
    """``address`` without a slash at its end.

    Raises:
        ValueError: not http(s), with a user, query or fragment, or unencrypted to another machine.
    """
    parts = urlsplit(address)
    if parts.scheme not in ("http", "https") or not parts.hostname:
        raise ValueError("an address begins with https:// and names a host")
    if parts.username or parts.password or parts.query or parts.fragment:
        raise ValueError("an address has no user, query or fragment")
    if parts.scheme == "http" and not is_here(parts.hostname):
        raise ValueError("http:// is for this machine only; use https://")
    return address.rstrip("/")


def is_here(host: str) -> bool:
    """Whether ``host`` is this machine by its name alone."""
    if host == "localhost":
        return True
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return False


Address = Annotated[str, AfterValidator(checked)]
"""An address of another system. Inner networks that do not encrypt need a gateway that does."""

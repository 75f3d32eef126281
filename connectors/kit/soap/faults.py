"""Which branch of our error tree a fault means: by profile, and without one by what is safe to believe."""

from __future__ import annotations

import re
from enum import StrEnum
from typing import Any

from pydantic import BaseModel, ConfigDict, Field, field_validator

from connectors.errors import (
    AlreadyDone,
    ConnectorError,
    CredentialsRefused,
    OutcomeUnknown,
    Rejected,
    Unavailable,
)
from connectors.kit.effects import EffectClass
from connectors.kit.soap.answers import Fault


class Meaning(StrEnum):
    """What a fault says of the call."""

    REJECTED = "rejected"  # understood and refused: repeating cannot help
    ALREADY_DONE = "already_done"  # refused as a duplicate
    UNAVAILABLE = "unavailable"  # nothing was done: repeat
    UNKNOWN = "unknown"  # it may have been done
    CREDENTIALS = "credentials"  # they do not accept who we are


class FaultRule(BaseModel):
    """A fault of these codes, words and details means that; what is empty does not matter.

    Attributes:
        code: local name of any of its codes.
        words: regular expression found in its text.
        detail: local name of an element of its detail.
        writes: also for writes; otherwise only reads are judged by it.
    """

    model_config = ConfigDict(frozen=True, extra="forbid")

    code: str = ""
    words: str = ""
    detail: str = ""
    means: Meaning
    writes: bool = True

    @field_validator("words")
    @classmethod
    def _compiles(cls, value: str) -> str:
        try:
            re.compile(value)
        except re.error as exc:
            raise ValueError(f"no regular expression: {exc}") from exc
        return value

    def fits(self, fault: Fault, effect_class: EffectClass) -> bool:
        """Whether the rule speaks of this fault."""
        if effect_class is not EffectClass.READ and not self.writes:
            return False
        return (
            (not self.code or self.code in fault.codes)
            and (not self.words or re.search(self.words, fault.words) is not None)
            and (not self.detail or self.detail in fault.detail)
            and bool(self.code or self.words or self.detail)
        )


SECURITY = (
    "FailedAuthentication",
    "FailedCheck",
    "InvalidSecurity",
    "InvalidSecurityToken",
    "MessageExpired",
)
"""Codes of WS-Security 1.1 §12: the message was judged before anything was done."""


class FaultProfile(BaseModel):
    """The rules of one system, first fit wins. What no rule knows: a write is unknown; a read that blames the caller is
    refused, every other one may be repeated.
    """

    model_config = ConfigDict(frozen=True, extra="forbid")

    rules: tuple[FaultRule, ...] = Field(default=())

    def error(
        self, fault: Fault, effect_class: EffectClass, *, system: str, operation: str, reference: str
    ) -> ConnectorError:
        """The error of our tree; its text holds the code and never their words."""
        facts: dict[str, Any] = {"system": system, "operation": operation, "reference": reference}
        code, words = fault.code, f"SOAP fault {fault.code}"
        match self._meaning(fault, effect_class):
            case Meaning.REJECTED:
                return Rejected("refused by a SOAP fault", code=code, **facts)
            case Meaning.ALREADY_DONE:
                return AlreadyDone("refused as done before", code=code, **facts)
            case Meaning.UNAVAILABLE:
                return Unavailable(words, **facts)
            case Meaning.CREDENTIALS:
                return CredentialsRefused(words, **facts)
            case Meaning.UNKNOWN:
                branch = Unavailable if effect_class is EffectClass.READ else OutcomeUnknown
                return branch(words, **facts)

    def _meaning(self, fault: Fault, effect_class: EffectClass) -> Meaning:
        for rule in self.rules:
            if rule.fits(fault, effect_class):
                return rule.means
        if any(code in SECURITY for code in fault.codes):
            return Meaning.CREDENTIALS
        if effect_class is not EffectClass.READ:
            return Meaning.UNKNOWN
        blames_us = fault.codes[:1] in (("Client",), ("Sender",))
        return Meaning.REJECTED if blames_us else Meaning.UNAVAILABLE

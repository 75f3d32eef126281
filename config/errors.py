"""Settings that cannot be used. The message names the variable, never its value."""

from __future__ import annotations

from dataclasses import dataclass

from mappings.errors import IntegrationError


@dataclass(frozen=True, slots=True)
class Fault:
    """One variable that is wrong.

    Attributes:
        variable: the environment variable, as it would be set.
    """

    variable: str
    message_vi: str
    message_en: str

    def __str__(self) -> str:
        return f"{self.variable}: {self.message_vi} / {self.message_en}"


class SettingsRefused(IntegrationError):
    """The process must not start with these settings."""

    def __init__(self, faults: list[Fault]) -> None:
        self.faults = faults
        super().__init__("\n".join(map(str, faults)))

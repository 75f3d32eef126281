"""How each piece of specialised software is reached. What it speaks stands in its profile."""

from __future__ import annotations

from typing import Annotated

from pydantic import BaseModel, ConfigDict, Field, SecretStr, StringConstraints, field_validator

from connectors.kit.connection import SystemSettings

LEAST_SECRET = 16
_SystemName = Annotated[str, StringConstraints(pattern=r"^[a-z][a-z0-9-]{0,30}$")]


class SoftwareSettings(SystemSettings):
    """One piece of software.

    Attributes:
        profile: name of a profile that comes with the package, or path of a ``.toml`` file; empty: the key's own name.
        login_user, login_password: where the profile has a ``[login]``.
        callback_secret: of what they send us; without it nothing of theirs is believed. ``previous_callback_secret``
            is good beside it while it is being replaced.
    """

    profile: str = ""
    login_user: str = ""
    login_password: SecretStr | None = None
    callback_secret: SecretStr | None = None
    previous_callback_secret: SecretStr | None = None

    @field_validator("callback_secret", "previous_callback_secret")
    @classmethod
    def _long_enough(cls, value: SecretStr | None) -> SecretStr | None:
        """A short secret is found by trying."""
        if value is not None and len(value.get_secret_value()) < LEAST_SECRET:
            raise ValueError(f"a callback secret has at least {LEAST_SECRET} characters")
        return value


class Settings(BaseModel):
    """All specialised software of the installation.

    ``LIENTHONG_CONNECTORS__HANDOVER__SYSTEMS__XAY_DUNG__BASE_URL=…`` makes the system ``handover.xay-dung``.
    """

    model_config = ConfigDict(frozen=True, extra="forbid")

    systems: dict[_SystemName, SoftwareSettings] = Field(default_factory=dict)

    @field_validator("systems", mode="before")
    @classmethod
    def _names(cls, value: object) -> object:
        """Names of variables have no hyphen; ``xay_dung`` is ``xay-dung``."""
        if not isinstance(value, dict):
            return value
        named = {str(name).lower().replace("_", "-"): section for name, section in value.items()}
        if len(named) != len(value):
            raise ValueError("two systems have the same name")
        return named


__all__ = ["Settings", "SoftwareSettings"]

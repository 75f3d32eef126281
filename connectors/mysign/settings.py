"""How Viettel MySign is reached, and every point that rests on one third party's reading of its paper."""

from __future__ import annotations

from typing import Literal

from pydantic import Field, SecretStr, model_validator

from connectors.kit.connection import SystemSettings


class Settings(SystemSettings):
    """Viettel MySign. Nearly everything is of confidence M (see docs/systems); a setting is what may differ.

    Attributes:
        base_url: with ``/vtss/service``.
        client_id, client_secret, profile_id: of the partner; they stand in the sign-in and in signing calls.
        wait: ``async`` of signHash: 1 and 2 are polled, 3 is polled and pushed too. 0 (the call hangs about 120 s) is not
            offered: a lost answer of two minutes is the likely one.
        hash_coding: base64 in the paper; one program sends hexadecimal.
        hash_algorithm, sign_algorithm: numbers of SHA-256 and of plain RSA. Assumed to be those of the CSC interface.
        token_seconds: a token is thrown away so long before its end; without ``expires_in`` it lives ``token_seconds`` as well.
        tokens_held: signers whose tokens are kept in memory.
        waiting_codes: states of a request that is not over.
        most_documents: in one confirmation. Assumed.
        most_characters: of ``description`` and ``document_name`` after coding.
        watch_seconds: how long a session is worth asking about.
        hook_user, hook_password: that they show to fetch a token from us before they push; issued by us. Empty: no push is taken.
        hook_token_seconds: life of such a token.
    """

    client_id: str = Field(min_length=1)
    client_secret: SecretStr
    profile_id: str = "adss:ras:profile:001"
    wait: Literal[1, 2, 3] = 1
    hash_coding: Literal["base64", "hex"] = "base64"
    hash_algorithm: str = "2.16.840.1.101.3.4.2.1"
    sign_algorithm: str = "1.2.840.113549.1.1.1"
    token_seconds: int = Field(default=60, gt=0)
    tokens_held: int = Field(default=500, gt=0)
    waiting_codes: frozenset[int] = frozenset({0, 4000, 6000})
    most_documents: int = Field(default=50, gt=0)
    most_characters: int = Field(default=100, ge=20)
    watch_seconds: int = Field(default=300, gt=0)
    hook_user: str = ""
    hook_password: SecretStr = SecretStr("")
    hook_token_seconds: int = Field(default=300, gt=0)

    @model_validator(mode="after")
    def _sensible(self) -> Settings:
        if not self.client_secret.get_secret_value():
            raise ValueError("client_secret is needed")
        if bool(self.hook_user) != (len(self.hook_password.get_secret_value()) >= 16):
            raise ValueError("hook_user and a hook_password of at least 16 characters go together")
        if self.wait == 3 and not self.hook_user:
            raise ValueError("wait 3 needs hook_user and hook_password")
        return self


__all__ = ["Settings"]

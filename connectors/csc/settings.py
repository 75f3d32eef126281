"""How a CSC service is reached, and every point in which dialects of the interface differ."""

from __future__ import annotations

from enum import StrEnum

from pydantic import Field, SecretStr, model_validator

from connectors.kit.connection import SystemSettings


class Version(StrEnum):
    """Of the interface; mixed dialects are common, so names can be set one by one."""

    V1 = "v1"
    V2 = "v2"


class Settings(SystemSettings):
    """A CSC service. 'Assumed' marks what the specification leaves open (see docs/systems).

    Attributes:
        base_url: with the version: ``https://host/csc/v1``.
        version: decides the names of fields where ``hashes_field`` and ``digest_field`` are empty.
        hashes_field: ``hash`` or ``hashes``; digest_field: ``hashAlgo`` or ``hashAlgorithmOID``.
        certificate_information: ask for ``certInfo`` and ``authInfo`` too; one known server refuses ``certInfo``.
        user_in_list: send ``userID``, where tokens belong to nobody.
        client_data: send our transaction as ``clientData`` with authorize and signHash (C1: free text that they keep).
        most_hashes: per authorisation, where the credential tells none (``multisign``).
        pins: credential → PIN of seals that stand in our keeping. People's PINs come by hand, see ``Client.unlocks``.
        authorise_seconds: the call hangs until the signer has acted on the phone (about 2 minutes at one provider).
        asynchronous: v2: ask for ``operationMode`` A; the session is polled then.
        watch_seconds: how long a session is worth asking about. Assumed.
        largest_list: credentials of one signer.
    """

    version: Version = Version.V1
    hashes_field: str = Field(default="", pattern=r"^[A-Za-z]*$")
    digest_field: str = Field(default="", pattern=r"^[A-Za-z]*$")
    certificate_information: bool = False
    user_in_list: bool = True
    client_data: bool = True
    most_hashes: int = Field(default=10, gt=0, le=500)
    pins: dict[str, SecretStr] = Field(default_factory=dict)
    authorise_seconds: float = Field(default=150.0, gt=0)
    asynchronous: bool = False
    watch_seconds: int = Field(default=300, gt=0)
    largest_list: int = Field(default=50, gt=0)

    @model_validator(mode="after")
    def _sensible(self) -> Settings:
        if self.asynchronous and self.version is Version.V1:
            raise ValueError("version 1 of the interface has no asynchronous mode")
        return self

    @property
    def names(self) -> tuple[str, str]:
        """Names of the list of hashes and of the digest algorithm."""
        v2 = self.version is Version.V2
        hashes = self.hashes_field or ("hashes" if v2 else "hash")
        return hashes, self.digest_field or ("hashAlgorithmOID" if v2 else "hashAlgo")


__all__ = ["Settings", "Version"]

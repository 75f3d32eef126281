"""Limits and places of the signature check. Numbers from our own measurements (``docs/systems/signature_check.md``)."""

from __future__ import annotations

from pydantic import BaseModel, ConfigDict, Field


class Limits(BaseModel):
    """What one check may cost. All are tested by files that go beyond them.

    Attributes:
        pdf_bytes, xml_bytes: XML costs about 17 times its size in memory.
        signature_bytes: of one string in a PDF, counted before the reader sees it: a string of 50 MB takes it 35 s and 4.3 GB.
        decoded_bytes: one unpacked stream of a PDF; ``total_decoded_bytes``: all of them.
        seconds: of one check; ``address_space_bytes``: of one worker process.
        signatures: in one file.
        files_per_worker: then the worker is replaced.
        workers: kept ready.
    """

    model_config = ConfigDict(frozen=True, extra="forbid")

    pdf_bytes: int = Field(default=50_000_000, gt=0)
    xml_bytes: int = Field(default=10_000_000, gt=0)
    signature_bytes: int = Field(default=262_144, gt=0)
    decoded_bytes: int = Field(default=67_108_864, gt=0)
    total_decoded_bytes: int = Field(default=268_435_456, gt=0)
    seconds: float = Field(default=10.0, gt=0)
    address_space_bytes: int = Field(default=1_073_741_824, gt=0)
    signatures: int = Field(default=50, gt=0)
    files_per_worker: int = Field(default=200, gt=0)
    workers: int = Field(default=2, gt=0)


class Settings(BaseModel):
    """Signature check section: ``LIENTHONG_SIGNATURE_CHECK__…``.

    Attributes:
        trust_directory: roots with their reviewed list ``trust.toml``; empty: nothing can be checked, nothing is trusted.
        intermediates_directory, crls_directory: issuing CAs and revocation lists that are brought by hand.
        list_hosts: hosts from which revocation lists may be fetched (exact names); nothing else is ever called.
        list_seconds: longest age of a fetched list before it is asked for again.
        largest_list_bytes, list_deadline_seconds: of one revocation list.
    """

    model_config = ConfigDict(frozen=True, extra="forbid")

    trust_directory: str = ""
    intermediates_directory: str = ""
    crls_directory: str = ""
    list_hosts: tuple[str, ...] = ()
    list_seconds: int = Field(default=3600, gt=0)
    largest_list_bytes: int = Field(default=20_000_000, gt=0)
    list_deadline_seconds: float = Field(default=10.0, gt=0)
    limits: Limits = Field(default_factory=Limits)

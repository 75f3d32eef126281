"""Where statement files come from and where transfer orders go."""

from __future__ import annotations

from pathlib import Path

from pydantic import BaseModel, ConfigDict, Field, SecretStr, model_validator


class Settings(BaseModel):
    """Statements connector: a bank's file interface over HTTPS, or two folders (SFTP gateways fill them).

    Attributes:
        base_url: of the bank's file interface; empty: folders are used.
        token: bearer token of the interface.
        inbox_folder: files that arrived; nothing is ever removed from it.
        outbox_folder: order files to be picked up; written whole or not at all.
        profiles: account or terminal → profile name or path, for tables.
        largest_file_bytes: a larger file is refused.
    """

    model_config = ConfigDict(frozen=True, extra="forbid")

    base_url: str = ""
    token: SecretStr = SecretStr("")
    inbox_folder: Path | None = None
    outbox_folder: Path | None = None
    profiles: dict[str, str] = Field(default_factory=dict)
    largest_file_bytes: int = 200_000_000
    deadline_seconds: float = 60.0

    @model_validator(mode="after")
    def _one_way(self) -> Settings:
        """Refuse both ways at once: a file would be counted twice."""
        if self.base_url and (self.inbox_folder or self.outbox_folder):
            raise ValueError("set base_url or the folders, not both")
        return self

"""How files get to an official's computer and back. Nothing of VGCA is called by us: its program runs beside the browser."""

from __future__ import annotations

from pydantic import BaseModel, ConfigDict, Field, SecretStr, field_validator

from connectors.kit.addresses import Address


class Settings(BaseModel):
    """VGCA's signing program. 'Assumed' marks what no paper confirms (see docs/systems).

    Attributes:
        public_url: our own address as officials' computers reach it.
        file_path, upload_path: of our two doors; the pass is put behind them.
        key: seals the passes; at least 32 characters.
        pass_seconds: life of a pass: the official must have signed by then.
        largest_bytes: of a signed file.
        socket: of the program, beside the browser.
        upload_field: name of the part that holds the file.
        done_codes, cancelled_codes: ``Status`` of the program's own answer; others are errors.
        must_grow: the signed file begins with the bytes that were handed out (an incremental update). Assumed; without it a program
            that writes the file anew would pass too, and nobody could tell what it changed.
    """

    model_config = ConfigDict(frozen=True, extra="forbid")

    public_url: Address
    file_path: str = Field(default="/files/vgca", pattern=r"^/[a-z0-9/_-]+$")
    upload_path: str = Field(default="/hooks/vgca", pattern=r"^/[a-z0-9/_-]+$")
    key: SecretStr
    pass_seconds: int = Field(default=1800, gt=0)
    largest_bytes: int = Field(default=50_000_000, gt=0)
    socket: str = "wss://127.0.0.1:8987"
    upload_field: str = Field(default="uploadfile", pattern=r"^[A-Za-z]+$")
    done_codes: frozenset[int] = frozenset({0})
    cancelled_codes: frozenset[int] = frozenset({11})
    must_grow: bool = True

    @field_validator("key")
    @classmethod
    def _long_enough(cls, value: SecretStr) -> SecretStr:
        """With a short key passes could be made up."""
        if len(value.get_secret_value()) < 32:
            raise ValueError("a key of at least 32 characters is needed")
        return value


__all__ = ["Settings"]

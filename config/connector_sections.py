"""The sections of all outside systems, each declared beside its client."""

from __future__ import annotations

from pydantic import BaseModel, ConfigDict, Field

from connectors.igate.settings import Settings as IgateSettings
from connectors.payment_platform.settings import Settings as PlatformSettings
from connectors.statements.settings import Settings as StatementsSettings
from connectors.vnpay.settings import Settings as VnpaySettings


class ConnectorSettings(BaseModel):
    """One section per outside system; ``None``: the installation does not use it."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    statements: StatementsSettings = Field(default_factory=StatementsSettings)
    vnpay: VnpaySettings | None = None
    payment_platform: PlatformSettings | None = None
    igate: IgateSettings | None = None

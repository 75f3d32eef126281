"""The sections of all outside systems, each declared beside its client."""

from __future__ import annotations

from pydantic import BaseModel, ConfigDict, Field

from connectors.business_registration.settings import Settings as BusinessRegistrationSettings
from connectors.dvcqg.settings import Settings as DvcqgSettings
from connectors.igate.settings import Settings as IgateSettings
from connectors.judicial_records.settings import Settings as JudicialRecordsSettings
from connectors.land.settings import Settings as LandSettings
from connectors.lgsp.settings import Settings as LgspSettings
from connectors.payment_platform.settings import Settings as PlatformSettings
from connectors.population.settings import Settings as PopulationSettings
from connectors.post.settings import Settings as PostSettings
from connectors.social_insurance.settings import Settings as SocialInsuranceSettings
from connectors.statements.settings import Settings as StatementsSettings
from connectors.vnpay.settings import Settings as VnpaySettings


class ConnectorSettings(BaseModel):
    """One section per outside system; ``None``: the installation does not use it."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    statements: StatementsSettings = Field(default_factory=StatementsSettings)
    vnpay: VnpaySettings | None = None
    payment_platform: PlatformSettings | None = None
    igate: IgateSettings | None = None
    dvcqg: DvcqgSettings | None = None
    lgsp: LgspSettings | None = None
    population: PopulationSettings | None = None
    business_registration: BusinessRegistrationSettings | None = None
    land: LandSettings | None = None
    judicial_records: JudicialRecordsSettings | None = None
    social_insurance: SocialInsuranceSettings | None = None
    post: PostSettings | None = None

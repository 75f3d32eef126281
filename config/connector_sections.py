"""The sections of all outside systems, each declared beside its client."""

from __future__ import annotations

from pydantic import BaseModel, ConfigDict, Field

from connectors.admin_units.settings import Settings as AdminUnitsSettings
from connectors.business_registration.settings import Settings as BusinessRegistrationSettings
from connectors.civil_status.settings import Settings as CivilStatusSettings
from connectors.csc.settings import Settings as CscSettings
from connectors.dvcqg.settings import Settings as DvcqgSettings
from connectors.handover.settings import Settings as HandoverSettings
from connectors.igate.settings import Settings as IgateSettings
from connectors.judicial_records.settings import Settings as JudicialRecordsSettings
from connectors.keypay.settings import Settings as KeypaySettings
from connectors.kit.switching import Switch
from connectors.land.settings import Settings as LandSettings
from connectors.lgsp.settings import Settings as LgspSettings
from connectors.ministry.settings import Settings as MinistrySettings
from connectors.momo.settings import Settings as MomoSettings
from connectors.mysign.settings import Settings as MysignSettings
from connectors.paygov.settings import Settings as PaygovSettings
from connectors.payment_platform.settings import Settings as PlatformSettings
from connectors.population.settings import Settings as PopulationSettings
from connectors.post.settings import Settings as PostSettings
from connectors.smartca.settings import Settings as SmartcaSettings
from connectors.social_insurance.settings import Settings as SocialInsuranceSettings
from connectors.statements.settings import Settings as StatementsSettings
from connectors.vietqr.settings import Settings as VietqrSettings
from connectors.vnpay.settings import Settings as VnpaySettings
from connectors.vnpt_pay.settings import Settings as VnptPaySettings
from connectors.zalopay.settings import Settings as ZalopaySettings


class ConnectorSettings(BaseModel):
    """One section per outside system; ``None``: the installation does not use it.

    ``igate_new`` is a second version of the case system beside the first one; ``igate_switch`` says which takes what.
    """

    model_config = ConfigDict(frozen=True, extra="forbid")

    statements: StatementsSettings = Field(default_factory=StatementsSettings)
    vnpay: VnpaySettings | None = None
    payment_platform: PlatformSettings | None = None
    igate: IgateSettings | None = None
    igate_new: IgateSettings | None = None
    igate_switch: Switch = Field(default_factory=Switch)
    dvcqg: DvcqgSettings | None = None
    lgsp: LgspSettings | None = None
    population: PopulationSettings | None = None
    business_registration: BusinessRegistrationSettings | None = None
    land: LandSettings | None = None
    judicial_records: JudicialRecordsSettings | None = None
    social_insurance: SocialInsuranceSettings | None = None
    post: PostSettings | None = None
    civil_status: CivilStatusSettings | None = None
    ministry: MinistrySettings | None = None
    handover: HandoverSettings | None = None
    momo: MomoSettings | None = None
    zalopay: ZalopaySettings | None = None
    vietqr: VietqrSettings | None = None
    admin_units: AdminUnitsSettings | None = None
    keypay: KeypaySettings | None = None
    paygov: PaygovSettings | None = None
    vnpt_pay: VnptPaySettings | None = None
    csc: CscSettings | None = None
    smartca: SmartcaSettings | None = None
    mysign: MysignSettings | None = None

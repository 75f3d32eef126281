"""How VNPT SmartCA is reached, and every point in which its papers are silent or disagree."""

from __future__ import annotations

from enum import StrEnum
from typing import Literal

from pydantic import Field, SecretStr, model_validator

from connectors.kit.addresses import Address
from connectors.kit.connection import SystemSettings


class Service(StrEnum):
    """Which of VNPT's two interfaces."""

    SP769 = "sp769"
    CSC = "csc"


class Settings(SystemSettings):
    """VNPT SmartCA. 'Assumed' marks what no paper confirms (see docs/systems).

    Attributes:
        base_url: of sp769 with ``/sca/sp769``; of the older service without a path.
        sp_id, sp_password: sp769: stand in every body. The older service signs in by ``credentials`` instead.
        status_by: what stands in the address of the status call: our ``transaction_id`` or their ``tran_code`` (papers
            disagree). With ``tran_code`` a session whose answer was lost cannot be found.
        status_credentials: repeat them in the status call (papers disagree; harmless).
        time_format: of ``time_stamp``, in UTC; the sample ends in Z.
        person_services, seal_services: ``service_type`` of personal certificates and of e-seals.
        active_words, inactive_words: ``cert_status`` in lower case; numbers and English words were seen too. Another word means
            nothing: the certificate is then judged by itself.
        waiting_words: ``message`` while nobody has confirmed.
        rejected_words, expired_words, failed_words: not published: empty until the operator tells. A word that is in none is
            waiting.
        not_found_words, duplicate_words: of a status call and of a second opening; not published.
        most_documents: in one confirmation; 50 hashes are the older service's limit. Assumed for sp769.
        watch_seconds: how long a session is worth asking about; sample programs ask for 4 minutes.
        notify_url: the older service calls it once; empty: none.
        hash_field, name_field: of ``datas[]`` of the older service. Assumed.
    """

    service: Service = Service.SP769
    sp_id: str = ""
    sp_password: SecretStr = SecretStr("")
    status_by: Literal["transaction_id", "tran_code"] = "transaction_id"
    status_credentials: bool = True
    time_format: str = "%Y%m%d%H%M%SZ"
    person_services: frozenset[str] = frozenset({"SMARTCA"})
    seal_services: frozenset[str] = frozenset({"ESEAL"})
    active_words: frozenset[str] = frozenset({"đang hoạt động", "active", "valid", "1"})
    inactive_words: frozenset[str] = frozenset(
        {"hết hạn", "thu hồi", "đã thu hồi", "tạm dừng", "expired", "revoked", "suspended", "0"}
    )
    waiting_words: frozenset[str] = frozenset({"sig_wait_for_user_confirm"})
    rejected_words: frozenset[str] = frozenset()
    expired_words: frozenset[str] = frozenset()
    failed_words: frozenset[str] = frozenset()
    not_found_words: frozenset[str] = frozenset()
    duplicate_words: frozenset[str] = frozenset()
    most_documents: int = Field(default=50, gt=0, le=50)
    watch_seconds: int = Field(default=300, gt=0)
    notify_url: Address | Literal[""] = ""
    hash_field: str = Field(default="hash", pattern=r"^[A-Za-z]+$")
    name_field: str = Field(default="name", pattern=r"^[A-Za-z]+$")

    @model_validator(mode="after")
    def _sensible(self) -> Settings:
        if self.service is Service.SP769 and (not self.sp_id or not self.sp_password.get_secret_value()):
            raise ValueError("sp769 needs sp_id and sp_password")
        words = (self.waiting_words, self.rejected_words, self.expired_words, self.failed_words)
        if len(frozenset().union(*words)) != sum(map(len, words)):
            raise ValueError("a word cannot mean two states")
        if self.active_words & self.inactive_words:
            raise ValueError("a word cannot mean both active and not")
        return self


__all__ = ["Service", "Settings"]

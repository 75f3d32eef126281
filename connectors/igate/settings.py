"""How iGate is reached, and everything about it that no official document says."""

from __future__ import annotations

from enum import StrEnum
from typing import Literal

from pydantic import BaseModel, ConfigDict, Field, SecretStr, field_validator, model_validator

from connectors.kit.addresses import Address
from mappings.canonical.file import CopyKind
from mappings.errors import MappingError
from mappings.tables.igate_statuses import meaning
from mappings.tables.national_statuses import status as national_status


class Grant(StrEnum):
    """How a token is had from Keycloak."""

    CLIENT_CREDENTIALS = "client_credentials"  # adapters
    PASSWORD = "password"  # noqa: S105 - the grant's name; tools with a public client


class PageKind(StrEnum):
    """``spec`` of the search: a slice has no total."""

    SLICE = "slice"
    PAGE = "page"


class AmountIs(StrEnum):
    """What ``amount`` of a fee is."""

    UNIT = "unit"  # of one piece: the line is amount times quantity
    TOTAL = "total"


class PaidFlag(StrEnum):
    """Where TrangThaiThanhToan stands in CapNhatTrangThai."""

    DOSSIER = "dossier"
    LINE = "line"
    BOTH = "both"


class Settings(BaseModel):
    """Case system. There is no official document: A to D are the marks of docs/systems/igate.md, D is assumed.

    Attributes:
        base_url: the province's gateway (apiigate.<tỉnh>.gov.vn ...). A
        sso_url, realm, token_path: Keycloak. A
        grant, client_id, client_secret, username, password: A for the grants, by agreement.
        dossiers_prefix, files_prefix: micro-service paths of dossiers and files. A
        page_size, page_kind, sort: of the search. A for the names. Descending needs no filter by change.
        changed_from: name of a parameter 'changed since', where the province's gateway has one; none is known. D
        search_filter: fixed parameters, such as ``ancestor-agency-id``. A
        updated_keys: names of the time of change, first that is there. D
        applicant_keys: names in ``applicant.data``, the owner before the person who hands in. A
        form_keys: our name → names in ``applicant.data`` or ``eForm.data``; forms differ by procedure. B
        amount_is: D
        fees_per_call: ids in one call of ``--by-dossiers``. D
        status_overrides: status → ``state`` or ``state/stage``, rows that the province has confirmed.
        adapter_url: of the six-step adapter; empty: the case system cannot be told anything, and fees that were
            paid go on the counter's list. C
        adapter_*_path: D
        adapter_own_token: the adapter gives tokens itself (GetToken); otherwise Keycloak's are used. C
        fee_status: TrangThai that carries the list of fees when the dossier's own state may not (5, 6, 9 may). D
        fee_moment: HinhThucThu: 1 at receipt, 2 at supplement, 4 at return. C
        fee_type: LoaiPhiLePhi of the adapter: 1 ordinary. C
        paid_flag: D
        success_codes: ``code`` in the adapter's answer. D
        refused_texts, already_texts: beginnings of plain-text answers with a known meaning, folded to lower case. D
        officer, department: who we are in a dossier's progress.
        paper_copies, paper_result: LoaiBan and MaKetQua of handed-in papers when a dossier is created. C
        create_not_found_is_proof: the province confirms that a dossier that was created is found by its code at once.
            Without that a lost answer is asked about and then shown to a person; it is never created again by itself. D
    """

    model_config = ConfigDict(frozen=True, extra="forbid")

    base_url: Address
    sso_url: Address
    realm: str = "digo"
    token_path: str = ""
    grant: Grant = Grant.CLIENT_CREDENTIALS
    client_id: str
    client_secret: SecretStr | None = None
    username: str = ""
    password: SecretStr | None = None

    dossiers_prefix: str = "/pa"
    files_prefix: str = "/fi"
    page_size: int = Field(default=100, ge=1, le=1000)
    page_kind: PageKind = PageKind.SLICE
    sort: str = Field(default="updatedDate,desc", pattern=r"^[A-Za-z.]+,(asc|desc)$")
    changed_from: str = ""
    search_filter: dict[str, str] = Field(default_factory=dict)
    updated_keys: tuple[str, ...] = ("updatedDate",)
    applicant_keys: tuple[str, ...] = ("ownerFullname", "fullname")
    form_keys: dict[str, tuple[str, ...]] = {"request": ("noidungyeucaugiaiquyet",)}
    amount_is: AmountIs = AmountIs.UNIT
    fees_per_call: int = Field(default=20, ge=1, le=200)
    status_overrides: dict[int, str] = Field(default_factory=dict)

    adapter_url: Address | Literal[""] = ""
    adapter_own_token: bool = True
    adapter_client_id: str = ""
    adapter_client_secret: SecretStr | None = None
    adapter_token_path: str = "/GetToken"  # noqa: S105 - a path
    adapter_next_value_path: str = "/GetNextValue"
    adapter_upload_path: str = "/UploadFile"
    adapter_create_path: str = "/NoiHoSo"
    adapter_progress_path: str = "/CapNhatTienTrinh"
    adapter_status_path: str = "/CapNhatTrangThai"
    fee_status: int = 6
    fee_moment: str = "1"
    fee_type: str = "1"
    paid_flag: PaidFlag = PaidFlag.BOTH
    success_codes: frozenset[str] = frozenset({"0", "00", "200", "OK"})
    refused_texts: tuple[str, ...] = ("không tìm thấy", "không tồn tại", "thiếu", "sai ")
    already_texts: tuple[str, ...] = ("đã tồn tại", "đã cập nhật", "đã thanh toán")
    officer: str = "Liên Thông"
    department: str = "Trung tâm Phục vụ hành chính công"
    paper_copies: dict[CopyKind, int] = Field(
        default_factory=lambda: {CopyKind.ORIGINAL: 0, CopyKind.COPY: 1, CopyKind.ELECTRONIC: 2}
    )
    paper_result: str = "KQ.DVC.THONGTIN"
    create_not_found_is_proof: bool = False

    deadline_seconds: float = 30.0
    largest_answer_bytes: int = 20_000_000
    pool: int = 8

    @property
    def keycloak_path(self) -> str:
        """Where tokens are given."""
        return self.token_path or f"/auth/realms/{self.realm}/protocol/openid-connect/token"

    @property
    def newest_first(self) -> bool:
        """Whether the feed begins with the latest change."""
        return self.sort.endswith(",desc")

    @field_validator("client_secret", "password", "adapter_client_secret")
    @classmethod
    def _not_empty(cls, value: SecretStr | None) -> SecretStr | None:
        """An empty secret is a forgotten one."""
        if value is not None and not value.get_secret_value().strip():
            raise ValueError("an empty secret; leave it out where none is needed")
        return value

    @field_validator("status_overrides")
    @classmethod
    def _in_our_words(cls, value: dict[int, str]) -> dict[int, str]:
        """A row that nobody can read must stop the start, not the feed."""
        try:
            for code in value:
                meaning(code, value)
        except MappingError as exc:
            raise ValueError(str(exc)) from exc
        return value

    @model_validator(mode="after")
    def _complete(self) -> Settings:
        """What the chosen ways need must be there."""
        if self.grant is Grant.PASSWORD and (not self.username or self.password is None):
            raise ValueError("the password grant needs username and password")
        if self.grant is Grant.CLIENT_CREDENTIALS and self.client_secret is None:
            raise ValueError("client credentials need client_secret")
        if (
            self.adapter_url
            and self.adapter_own_token
            and (not self.adapter_client_id or self.adapter_client_secret is None)
        ):
            raise ValueError("the adapter's own token needs adapter_client_id and adapter_client_secret")
        if not national_status(self.fee_status).carries_fees:
            raise ValueError("fee_status must be a state that may carry fees: 5, 6 or 9")
        if not self.newest_first and not self.changed_from:
            raise ValueError("an ascending feed without changed_from would read everything each time")
        return self

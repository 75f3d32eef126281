"""How a province's LGSP is reached, and every fact of it that no paper confirms."""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import Field, field_validator

from connectors.kit.connection import SystemSettings
from mappings.canonical.dossier import DossierState, FeeKind
from mappings.canonical.file import Channel, CopyKind
from mappings.canonical.party import PartyKind

Path = Annotated[str, Field(pattern=r"^/[^\s?#]*$")]


class Settings(SystemSettings):
    """The platform of one province. Publishing was seen at one client only, so nearly everything here is assumed.

    Attributes:
        sync_path, traces_path, statistic_path, vote_path: messages about dossiers; some provinces put a version in.
        metadata_path, category_path, all_categories_path: shared categories; ``{code}`` is the category's.
        attachment_id_name: their schema spells it with a lower-case L. Assumed for other provinces.
        text_flags: yes/no fields that are texts there; ``flag_words`` are the words for yes and no.
        time_format: of all dates, which their schema calls plain texts; time of Việt Nam. Assumed.
        price_form: ``whole`` sends 20000, ``decimal`` 20000.0: their type is a double.
        done_codes, refused_codes, duplicate_codes: what ``Status`` of an answer says; any other code leaves the outcome
            unknown. Assumed; ``refused_codes`` only after the operator has said so in writing.
        sync_repeats: the same dossier sent twice is one dossier there. Assumed; ``false``: a person finds out.
        traces_repeat: the same for steps.
        statuses, refused_at_intake: ``Status`` of a dossier and of a step. Assumed: the national numbers.
        applicant_types, fee_types, paper_types, return_types: their numbers. Assumed.
        attachments_required: their schema wants at least one attachment; a dossier without any is refused here.
        send_results: results go as attachments too.
        citizen_info: what ``CitizenInfo`` holds. Assumed: nothing.
        organs: our agency → ``OrganInchargeIdLevel1``; our own code where it is not in the table.
        largest_message_bytes: of a message with its files in base64.
        statistic_fields, vote_fields: our name → theirs. Not public: nothing is sent while the table is empty.
        category_wrapper: name under which the rows of a category stand; empty: the answer is the list itself.
        done_words, duplicate_words: what ``MSG`` of a category write says, without regard to capitals.
    """

    sync_path: Path = "/Document/SyncDocument"
    traces_path: Path = "/Document/UpdateDocumentTraces"
    statistic_path: Path = "/Statistic"
    vote_path: Path = "/Vote"
    metadata_path: Path = "/dmdc/Metadata/{code}"
    category_path: Path = "/dmdc/Category/{code}"
    all_categories_path: Path = "/dmdc/1.0/AllCategory"

    attachment_id_name: Literal["Attachmentld", "AttachmentId"] = "Attachmentld"
    text_flags: frozenset[str] = frozenset({"IsReturned", "HasSupplementary"})
    flag_words: tuple[str, str] = ("true", "false")
    time_format: str = "%Y-%m-%dT%H:%M:%S"
    price_form: Literal["whole", "decimal"] = "whole"

    done_codes: frozenset[int] = frozenset({1})
    refused_codes: frozenset[int] = frozenset()
    duplicate_codes: frozenset[int] = frozenset()
    sync_repeats: bool = True
    traces_repeat: bool = False

    statuses: dict[DossierState, int] = Field(
        default={
            DossierState.RECEIVED: 2,
            DossierState.PROCESSING: 4,
            DossierState.PAUSED: 4,
            DossierState.SUPPLEMENT: 5,
            DossierState.UNPAID: 6,
            DossierState.WITHDRAWN: 7,
            DossierState.REFUSED: 8,
            DossierState.CANCELLED: 8,
            DossierState.DONE: 9,
            DossierState.RETURNED: 10,
        }
    )
    refused_at_intake: int = 3
    applicant_types: dict[PartyKind, int] = Field(
        default={
            PartyKind.CITIZEN: 1,
            PartyKind.ENTERPRISE: 2,
            PartyKind.HOUSEHOLD_BUSINESS: 2,
            PartyKind.COOPERATIVE: 2,
            PartyKind.AGENCY: 3,
        }
    )
    fee_types: dict[FeeKind, int] = Field(default={FeeKind.PHI: 1, FeeKind.LE_PHI: 2})
    paper_types: dict[CopyKind, int] = Field(
        default={CopyKind.ORIGINAL: 1, CopyKind.COPY: 2, CopyKind.ELECTRONIC: 3}
    )
    return_types: dict[Channel, int] = Field(default={Channel.DIRECT: 1, Channel.POST: 2, Channel.ONLINE: 3})
    attachments_required: bool = True
    send_results: bool = True
    citizen_info: Literal["nothing", "number"] = "nothing"
    organs: dict[str, str] = Field(default_factory=dict)
    largest_message_bytes: int = Field(default=20_000_000, gt=0)

    statistic_fields: dict[str, str] = Field(default_factory=dict)
    vote_fields: dict[str, str] = Field(default_factory=dict)

    category_wrapper: str = ""
    done_words: tuple[str, ...] = ("done",)
    duplicate_words: tuple[str, ...] = ("duplicate", "trùng", "đã tồn tại", "already exist")

    @field_validator("metadata_path", "category_path")
    @classmethod
    def _names_the_category(cls, value: str) -> str:
        if value.count("{code}") != 1:
            raise ValueError("the path needs {code} once")
        return value

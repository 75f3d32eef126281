"""The portal's catalogues as they stand on the wire: UPPERCASE names, a tree of the procedure. None of it is personal."""

from __future__ import annotations

import unicodedata
from collections.abc import Callable, Mapping
from typing import Annotated, Any, TypeVar

from pydantic import BaseModel, BeforeValidator, ConfigDict, Field, ValidationError

from connectors.kit.reading import Unreadable, a_whole


def _as_text(value: Any) -> Any:
    """Numbers are codes here, ``null`` is empty; everything else must be a text."""
    if value is None:
        return ""
    if type(value) is int:
        return str(value)
    if isinstance(value, str):
        return value if value.isascii() else unicodedata.normalize("NFC", value)
    return value


def _as_list(value: Any) -> Any:
    """An empty branch of the tree comes as ``null`` or ``""``; one child may come alone."""
    if value is None or value == "":
        return []
    return [value] if isinstance(value, Mapping) else value


def _as_money(value: Any) -> Any:
    """Whole đồng; ``None`` where the catalogue names no amount."""
    if value is None or value == "":
        return None
    return a_whole(value, "SOTIEN")


Text = Annotated[str, BeforeValidator(_as_text)]
Name = Annotated[str, BeforeValidator(_as_text), Field(min_length=1)]
Money = Annotated[int | None, BeforeValidator(_as_money)]


class _Part(BaseModel):
    model_config = ConfigDict(frozen=True, extra="ignore")


class ProcedureField(_Part):
    """LINHVUCTHUCHIEN[]."""

    MALINHVUC: Name
    TENLINHVUC: Text = ""


class Turn(_Part):
    """TRINHTU[]: one sentence of how it goes."""

    TENTRINHTU: Text = ""


class Course(_Part):
    """TRINHTUTHUCHIEN[]: how it goes, by case."""

    TRUONGHOP: Text = ""
    TRINHTU: Annotated[tuple[Turn, ...], BeforeValidator(_as_list)] = ()


class Fee(_Part):
    """PHILEPHI[]. SOTIEN in whole đồng."""

    MAPHILEPHI: Text = ""
    SOTIEN: Money = None
    DONVI: Text = ""
    MOTA: Text = ""


class Duration(_Part):
    """THOIGIAN[]: how long, in which unit, for which fee."""

    THOIGIANGIAIQUYET: Text = ""
    DONVITINH: Text = ""
    MOTA: Text = ""
    PHILEPHI: Annotated[tuple[Fee, ...], BeforeValidator(_as_list)] = ()


class Way(_Part):
    """CACHTHUCTHUCHIEN[]. KENH: 1 direct, 2 online, 3 public post."""

    KENH: Text = ""
    THOIGIAN: Annotated[tuple[Duration, ...], BeforeValidator(_as_list)] = ()


class PaperKind(_Part):
    """GIAYTO[]."""

    MAGIAYTO: Text = ""
    TENGIAYTO: Text = ""
    TENMAUDON: Text = ""
    URL: Text = ""


class Papers(_Part):
    """THANHPHANHOSO[]: papers, by case."""

    TRUONGHOP: Text = ""
    GIAYTO: Annotated[tuple[PaperKind, ...], BeforeValidator(_as_list)] = ()


class Outcome(_Part):
    """KETQUATHUCHIEN[]."""

    MAKETQUA: Text = ""
    TENKETQUA: Text = ""


class Law(_Part):
    """CANCUPHAPLY[]."""

    SOVANBAN: Text = ""
    TENVANBAN: Text = ""


class Agency(_Part):
    """COQUANTHUCHIEN[], and LayDanhMucCoQuan."""

    MADONVI: Name
    TENDONVI: Text = ""
    CAPDONVI: Text = ""


class Procedure(_Part):
    """LayThuTuc: the procedure with its branches. TRANGTHAI 1: public."""

    MATTHC: Text = ""
    TENTTHC: Name
    LINHVUCTHUCHIEN: Annotated[tuple[ProcedureField, ...], BeforeValidator(_as_list)] = ()
    TRANGTHAI: Text = ""
    YEUCAU: Text = ""
    MOTADOITUONGTHUCHIEN: Text = ""
    TRINHTUTHUCHIEN: Annotated[tuple[Course, ...], BeforeValidator(_as_list)] = ()
    CACHTHUCTHUCHIEN: Annotated[tuple[Way, ...], BeforeValidator(_as_list)] = ()
    THANHPHANHOSO: Annotated[tuple[Papers, ...], BeforeValidator(_as_list)] = ()
    KETQUATHUCHIEN: Annotated[tuple[Outcome, ...], BeforeValidator(_as_list)] = ()
    CANCUPHAPLY: Annotated[tuple[Law, ...], BeforeValidator(_as_list)] = ()
    COQUANTHUCHIEN: Annotated[tuple[Agency, ...], BeforeValidator(_as_list)] = ()

    @property
    def is_public(self) -> bool:
        """Whether citizens may use it."""
        return self.TRANGTHAI == "1"


class ProcedureName(_Part):
    """LayDanhSachTTHC."""

    MATTHC: Name
    TENTTHC: Text = ""


class FieldName(_Part):
    """LayDanhMucLinhVuc."""

    MALINHVUC: Name
    TENLINHVUC: Text = ""
    MANGANH: Text = ""


class Service(_Part):
    """LayDVC: an online service and its procedure."""

    MADVC: Name
    TENDVC: Text = ""
    MATTHC: Text = ""
    TENTTHC: Text = ""
    TENCOQUANBANHANH: Text = ""
    TENLINHVUC: Text = ""
    APDUNGDVC: Text = ""


T = TypeVar("T", bound=_Part)


def read(kind: type[T], value: Any, field: str) -> T:
    """One item of a catalogue.

    Raises:
        Unreadable: with the place inside it.
    """
    try:
        return kind.model_validate(value)
    except ValidationError as exc:
        first = exc.errors(include_url=False, include_input=False)[0]
        where = ".".join(str(part) for part in first["loc"])
        raise Unreadable(f"{field}.{where}" if where else field, str(first["type"])) from None


CATALOGUES: Mapping[str, tuple[str, type[_Part], Callable[[Any], str]]] = {
    "procedures": ("LayDanhSachTTHC", ProcedureName, lambda item: str(item.MATTHC)),
    "agencies": ("LayDanhMucCoQuan", Agency, lambda item: str(item.MADONVI)),
    "fields": ("LayDanhMucLinhVuc", FieldName, lambda item: str(item.MALINHVUC)),
    "services": ("LayDVC", Service, lambda item: str(item.MADVC)),
}
"""Our name → their service, the shape of an item, its code."""

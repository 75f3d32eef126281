"""Their shapes: a pinned WSDL for what we ask, and rows of an ADO.NET table for what they answer."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from importlib.resources import files
from typing import Any, TypeVar

from connectors.kit.reading import Unreadable
from connectors.kit.soap.contract import Contract
from connectors.kit.soap.readers import Reader

NAMESPACE = "http://tempuri.org/"
_DIFFGRAM = "{urn:schemas-microsoft-com:xml-diffgram-v1}diffgram"

CONTRACT = Contract(files("connectors.admin_units").joinpath("contract"), "dmdvhc.wsdl")

R = TypeVar("R")


@dataclass(frozen=True, slots=True)
class ProvinceRow:
    """A row of DanhMucTinh. ADO.NET leaves empty columns out."""

    MaTinh: str
    TenTinh: str
    LoaiHinh: str | None


@dataclass(frozen=True, slots=True)
class CommuneRow:
    """A row of DanhMucPhuongXa. District columns are there in lists before July 2025."""

    MaTinh: str
    TenTinh: str
    MaQuanHuyen: str | None
    TenQuanHuyen: str | None
    MaPhuongXa: str
    TenPhuongXa: str
    LoaiHinh: str | None


PROVINCE = Reader(ProvinceRow)
COMMUNE = Reader(CommuneRow)


def rows(answer: Any, operation: str, row: str, read: Reader[R]) -> Sequence[R]:
    """The rows of the table in ``answer``, found by place: result, diffgram, the table's own element, row.

    A schema beside the diffgram is theirs and says nothing to us. An empty table has no element at all.

    Raises:
        Unreadable
    """
    result = _only(answer, f"{{{NAMESPACE}}}{operation}Result", f"{operation}Result")
    table = _only(result, _DIFFGRAM, "diffgram")
    inside = [child for child in table if not str(child.tag).startswith("{urn:schemas-microsoft-com:")]
    if len(inside) > 1:
        raise Unreadable("diffgram", "holds several tables")
    found = []
    for child in inside[0] if inside else ():
        if child.tag != row:
            raise Unreadable(str(child.tag).rpartition("}")[2][:40], f"is no {row}")
        found.append(read(child))
    return found


def _only(node: Any, tag: str, name: str) -> Any:
    found = node.findall(tag)
    if len(found) != 1:
        raise Unreadable(name, "is missing" if not found else "stands there twice")
    return found[0]

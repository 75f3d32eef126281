"""The people of the sandbox register, all made up, and how it writes them down: text and escapes, no XML library."""

from __future__ import annotations

import unicodedata
from dataclasses import dataclass
from xml.sax.saxutils import escape

_ANSWER = "http://www.mic.gov.vn/dancu/1.0"
_ALL = (
    "sex",
    "ethnicity",
    "marital",
    "birth",
    "origin",
    "permanent",
    "current",
    "nationality",
    "family",
    "head",
    "household",
)
PARTS: dict[str, tuple[str, ...]] = {
    "look_up": _ALL,
    "marital": ("birth", "marital", "spouse"),
    "residence": ("birth", "current"),
    "household": ("birth", "sex", "head", "household"),
    "head_of_household": ("birth", "head"),
    "relatives": ("birth", "family"),
    "guardian": ("birth", "guardian"),
    "life": ("birth", "life"),
}
"""Operation → what is told beside the numbers and the name."""


@dataclass
class Person:
    """Somebody in the register.

    Attributes:
        birth: yyyyMMdd or yyyy.
        split: the name is split over Ho, ChuDem and Ten; otherwise all of it stands in Ten and the others are empty.
        place: province, district (may be empty), commune, detail.
        family: element → (name, number), for Cha, Me, VoChong, NguoiDaiDien.
        head: (relation code, number, name).
    """

    number: str
    name: str
    birth: str
    old: str = ""
    sex: str = ""
    marital: str = ""
    life: str = ""
    split: bool = True
    place: tuple[str, str, str, str] | None = None
    current: tuple[str, str, str, str] | None = None
    family: dict[str, tuple[str, str]] | None = None
    head: tuple[str, str, str] | None = None
    household: str = ""

    def fits(self, name: str, birth: dict[str, str]) -> bool:
        """Whether the register has that name and that birth under the number."""
        day = birth.get("NgayThangNam") or birth.get("Nam", "")
        return (
            name == unicodedata.normalize("NFC", self.name.upper())
            and self.birth[: len(day)] == day[: len(self.birth)]
        )


def sample_people() -> list[Person]:
    """A made-up family, a made-up elder of whom only the year is known, and one with everything missing."""
    return [
        Person(
            "001190000017",
            "Nguyễn Thị Thử Nghiệm",
            "19900205",
            sex="2",
            marital="2",
            old="012345678",
            place=("01", "", "00004", "Số 1 phố Thử & Nghiệm"),
            current=("01", "001", "00004", "Số 1 phố Thử & Nghiệm"),
            family={
                "Cha": ("Nguyễn Văn Giả Định", "001060000011"),
                "VoChong": ("Trần Văn Mẫu", "001089000025"),
            },
            head=("CH01", "001089000025", "Trần Văn Mẫu"),
            household="HK-THU-01",
        ),
        Person(
            "001089000025",
            "Trần Văn Mẫu",
            "19890917",
            sex="1",
            marital="2",
            split=False,
            head=("CH00", "001089000025", "Trần Văn Mẫu"),
            household="HK-THU-01",
        ),
        Person("036040000033", "Lê Thị Cụ Già", "1940", split=False),
        Person("079201000049", "Phạm Văn Trống", "20010101"),
    ]


def envelope(inner: str) -> bytes:
    """A SOAP 1.1 answer around ``inner``."""
    return (
        '<?xml version="1.0" encoding="UTF-8"?>\n'
        '<soapenv:Envelope xmlns:soapenv="http://schemas.xmlsoap.org/soap/envelope/"><soapenv:Header/>'
        f"<soapenv:Body>{inner}</soapenv:Body></soapenv:Envelope>"
    ).encode()


def flag_of(element: str, *, yes: bool) -> str:
    """Yes or no to a confirmation, in one of the two ways that were seen."""
    word = "true" if yes else "false"
    inner = f"<d:TonTai>{word}</d:TonTai>" if element == "TonTai" else word
    name = "KetQuaXacThucResponse" if element == "TonTai" else "KetQuaXacThuc"
    return f'<d:{name} xmlns:d="http://dancuquocgia.bca">{inner}</d:{name}>'


def answer_of(people: list[Person], parts: tuple[str, ...], *, prefix: str) -> str:
    """The collection with ``people``; what somebody has not is left out altogether."""
    inner = "".join(_person(each, parts, prefix) for each in people)
    head = f'<{prefix}:CongdanCollection xmlns:{prefix}="{_ANSWER}" SoCongDan="{len(people)}">'
    return f"{head}{inner}</{prefix}:CongdanCollection>"


def _person(person: Person, parts: tuple[str, ...], p: str) -> str:
    def tag(name: str, inner: str) -> str:
        return f"<{p}:{name}>{inner}</{p}:{name}>" if inner else ""

    def text(name: str, value: str) -> str:
        return tag(name, escape(value))

    def named(value: str, *, split: bool) -> str:
        words = value.split()
        if not split or len(words) < 3:
            return f"<{p}:HoVaTen><{p}:Ho/><{p}:ChuDem/>{text('Ten', value)}</{p}:HoVaTen>"
        inner = text("Ho", words[0]) + text("ChuDem", " ".join(words[1:-1])) + text("Ten", words[-1])
        return tag("HoVaTen", inner)

    def place(name: str, found: tuple[str, str, str, str] | None) -> str:
        if found is None:
            return ""
        names = ("MaTinhThanh", "MaQuanHuyen", "MaPhuongXa", "ChiTiet")
        inner = "".join(text(each, value) for each, value in zip(names, found, strict=True))
        return tag(name, inner + text("QuocGia", "VN"))

    def kin(*names: str) -> str:
        family = person.family or {}
        return "".join(
            tag(name, named(family[name][0], split=True) + text("SoDinhDanh", family[name][1]))
            for name in names
            if name in family
        )

    def head() -> str:
        if person.head is None:
            return ""
        relation, number, name = person.head
        return tag("ChuHo", text("QuanHe", relation) + text("SoDinhDanh", number) + named(name, split=True))

    born = text("Nam" if len(person.birth) == 4 else "NgayThangNam", person.birth)
    told = {
        "sex": lambda: text("GioiTinh", person.sex),
        "ethnicity": lambda: text("DanToc", "01"),
        "marital": lambda: text("TinhTrangHonNhan", person.marital),
        "birth": lambda: tag("NgayThangNamSinh", born),
        "origin": lambda: place("QueQuan", person.place),
        "permanent": lambda: place("ThuongTru", person.place),
        "current": lambda: place("NoiOHienTai", person.current),
        "nationality": lambda: text("QuocTich", "VN"),
        "family": lambda: kin("Cha", "Me", "VoChong", "NguoiDaiDien"),
        "spouse": lambda: kin("VoChong"),
        "guardian": lambda: kin("NguoiDaiDien"),
        "household": lambda: text("SoSoHoKhau", person.household),
        "life": lambda: text("TinhTrangChetMatTich", person.life),
        "head": head,
    }
    numbers = text("SoDinhDanh", person.number) + text("SoCMND", person.old)
    inner = numbers + named(person.name, split=person.split) + "".join(told[part]() for part in parts)
    return tag("CongDan", inner)

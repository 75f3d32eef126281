"""Whom we believe: dated, reviewed root lists, issuing CAs and revocation lists, read from directories that we name.

Never the operating system's roots. A root is used for its own tree, its own purpose and its own time only.
"""

from __future__ import annotations

import hashlib
import tomllib
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from pathlib import Path
from typing import Any

from mappings.canonical.signature import Tree

LIST = "trust.toml"
SIGNATURE, TIMESTAMP = "signature", "timestamp"
PURPOSES = frozenset({SIGNATURE, TIMESTAMP})
_ENTRY = {
    "file",
    "sha256",
    "name",
    "tree",
    "purpose",
    "means",
    "from",
    "to",
    "source",
    "approved_by",
    "approved_on",
}
_NOT_OURS = {".md", ".txt", ".toml"}
_LARGEST = 50_000_000
_ZONE = timedelta(hours=7)  # days of the list are days in Viet Nam


class TrustRefused(ValueError):
    """A root list, a certificate or a revocation list that we were told to use cannot be used.

    Attributes:
        message_vi, message_en: what is wrong with which file.
    """

    def __init__(self, message_vi: str, message_en: str) -> None:
        self.message_vi, self.message_en = message_vi, message_en
        super().__init__(message_en)


@dataclass(frozen=True, slots=True)
class Root:
    """A root certificate and what it may vouch for.

    Attributes:
        tree: ``None`` for a root that a person named by hand, without a list.
        purposes: ``signature``, ``timestamp`` or both.
        since, until: times of signing that it may vouch for; ``until`` is the first moment that it may not.
    """

    der: bytes
    name: str
    tree: Tree | None = None
    purposes: frozenset[str] = PURPOSES
    since: datetime | None = None
    until: datetime | None = None

    @property
    def sha256(self) -> str:
        """Of the certificate, hexadecimal."""
        return hashlib.sha256(self.der).hexdigest()

    def covers(self, moment: datetime) -> bool:
        """Whether it may vouch for a signature made at ``moment``."""
        return (self.since is None or self.since <= moment) and (self.until is None or moment < self.until)


@dataclass(frozen=True, slots=True)
class Trust:
    """Everything that one check may believe. ``reviewed``: whether the roots stand in a reviewed list."""

    roots: tuple[Root, ...]
    intermediates: tuple[bytes, ...] = ()
    crls: tuple[bytes, ...] = ()
    ocsps: tuple[bytes, ...] = ()
    reviewed: bool = False


def load(roots: Path, intermediates: Path | None = None, crls: Path | None = None) -> Trust:
    """Read the directories. A list ``trust.toml`` beside the roots decides; without one every certificate there is a root.

    Raises:
        TrustRefused: no directory, no root, or a file that is not what it should be.
    """
    if not roots.is_dir():
        raise TrustRefused(
            f"Không có thư mục chứng thư gốc {roots}.", f"There is no directory of roots {roots}."
        )
    reviewed = (roots / LIST).is_file()
    found = _listed(roots) if reviewed else tuple(_unlisted(roots))
    if not found:
        raise TrustRefused(f"Thư mục {roots} không có chứng thư gốc nào.", f"There is no root in {roots}.")
    lists, answers = _revocation(crls) if crls is not None else ((), ())
    between = (
        tuple(der for path in _files(intermediates) for der in certificates(path)) if intermediates else ()
    )
    return Trust(found, between, lists, answers, reviewed)


def certificates(path: Path) -> list[bytes]:
    """The certificates (DER) in a PEM, DER or PKCS #7 file.

    Raises:
        TrustRefused: there are none.
    """
    from cryptography import x509
    from cryptography.hazmat.primitives.serialization import Encoding, pkcs7

    raw = _read(path)
    attempts = (
        [x509.load_pem_x509_certificates, pkcs7.load_pem_pkcs7_certificates]
        if b"-----BEGIN" in raw
        else [lambda data: [x509.load_der_x509_certificate(data)], pkcs7.load_der_pkcs7_certificates]
    )
    for attempt in attempts:
        try:
            found = attempt(raw)
        except Exception:  # noqa: BLE001, S112 - the next form may fit; none at all is refused below
            continue
        if found:
            return [one.public_bytes(Encoding.DER) for one in found]
    raise TrustRefused(
        f"{path.name} không phải tệp chứng thư (PEM, DER, PKCS #7).",
        f"{path.name} is no certificate file (PEM, DER, PKCS #7).",
    )


def revocation_list(raw: bytes) -> bytes:
    """A CRL as DER; some official addresses serve PEM text.

    Raises:
        ValueError: neither.
    """
    from cryptography import x509
    from cryptography.hazmat.primitives.serialization import Encoding

    read = x509.load_pem_x509_crl if b"-----BEGIN" in raw[:4096] else x509.load_der_x509_crl
    return read(raw).public_bytes(Encoding.DER)


def _revocation(folder: Path) -> tuple[tuple[bytes, ...], tuple[bytes, ...]]:
    from cryptography.x509 import ocsp

    lists, answers = [], []
    for path in _files(folder):
        raw = _read(path)
        try:
            lists.append(revocation_list(raw))
            continue
        except ValueError:
            pass
        try:
            ocsp.load_der_ocsp_response(raw)
        except ValueError as exc:
            raise TrustRefused(
                f"{path.name} không phải danh sách thu hồi (CRL) hay câu trả lời OCSP.",
                f"{path.name} is neither a revocation list (CRL) nor an OCSP response.",
            ) from exc
        answers.append(raw)
    return tuple(lists), tuple(answers)


def _unlisted(folder: Path) -> Iterator[Root]:
    for path in _files(folder):
        if path.suffix.lower() != ".crl":
            yield from (Root(der, path.name) for der in certificates(path))


def _files(folder: Path | None) -> list[Path]:
    if folder is None:
        return []
    if not folder.is_dir():
        raise TrustRefused(f"Không có thư mục {folder}.", f"There is no directory {folder}.")
    return [
        path
        for path in sorted(folder.iterdir())
        if path.is_file() and not path.name.startswith(".") and path.suffix.lower() not in _NOT_OURS
    ]


def _read(path: Path) -> bytes:
    if path.stat().st_size > _LARGEST:
        raise TrustRefused(f"{path.name} quá lớn.", f"{path.name} is too large.")
    return path.read_bytes()


def _listed(folder: Path) -> tuple[Root, ...]:
    try:
        data = tomllib.loads((folder / LIST).read_text("utf-8"))
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as exc:
        raise TrustRefused(f"{LIST} không đọc được: {exc}.", f"{LIST} cannot be read: {exc}.") from exc
    if data.keys() - {"root"} or not isinstance(data.get("root"), list):
        raise TrustRefused(f"{LIST} chỉ gồm các mục [[root]].", f"{LIST} holds [[root]] entries only.")
    roots = tuple(_entry(folder, entry, number) for number, entry in enumerate(data["root"], 1))
    names = [root.sha256 for root in roots]
    if len(set(names)) != len(names):
        raise TrustRefused(f"{LIST}: một chứng thư có hai mục.", f"{LIST}: one certificate has two entries.")
    return roots


def _entry(folder: Path, entry: Mapping[str, Any], number: int) -> Root:
    def wrong(vi: str, en: str) -> TrustRefused:
        return TrustRefused(f"{LIST}, mục {number}: {vi}", f"{LIST}, entry {number}: {en}")

    unknown, missing = entry.keys() - _ENTRY, _ENTRY - {"means", "to"} - entry.keys()
    if unknown or missing:
        raise wrong(
            f"thừa {sorted(unknown)}, thiếu {sorted(missing)}",
            f"unknown {sorted(unknown)}, missing {sorted(missing)}",
        )
    people = entry["approved_by"]
    if (
        not isinstance(people, list)
        or len({str(one).strip().casefold() for one in people if str(one).strip()}) < 2
    ):
        raise wrong("phải có hai người khác nhau duyệt", "two different people must have approved it")
    purposes = frozenset([entry["purpose"]] if isinstance(entry["purpose"], str) else entry["purpose"])
    if not purposes or not purposes <= PURPOSES:
        raise wrong("purpose là signature hoặc timestamp", "purpose is signature or timestamp")
    if entry["tree"] not in list(Tree):
        raise wrong("tree là NEAC hoặc VGCA", "tree is NEAC or VGCA")
    if not str(entry["source"]).strip() or not isinstance(entry["approved_on"], date):
        raise wrong("thiếu nguồn hoặc ngày duyệt", "source or day of approval is missing")
    name = str(entry["file"])
    if "/" in name or "\\" in name or name.startswith(".") or not (folder / name).is_file():
        raise wrong(f"không có tệp {name}", f"there is no file {name}")
    found = certificates(folder / name)
    wanted = str(entry["sha256"]).replace(":", "").replace(" ", "").lower()
    ders = [der for der in found if hashlib.sha256(der).hexdigest() == wanted]
    if len(ders) != 1:
        raise wrong(
            f"{name} không có chứng thư với SHA-256 {wanted[:16]}…",
            f"{name} holds no certificate with SHA-256 {wanted[:16]}…",
        )
    since, until = _day(entry["from"], wrong), _day(entry["to"], wrong) if "to" in entry else None
    return Root(
        ders[0],
        str(entry["name"]),
        Tree(entry["tree"]),
        purposes,
        since,
        until + timedelta(days=1) if until else None,
    )


def _day(value: object, wrong: Any) -> datetime:
    """The first moment of a day in Viet Nam."""
    if not isinstance(value, date) or isinstance(value, datetime):
        raise wrong("from và to là ngày (2026-11-25)", "from and to are days (2026-11-25)")
    return datetime.combine(value, time(), UTC) - _ZONE

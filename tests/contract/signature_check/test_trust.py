"""The root list is data that two people answer for; the operating system's roots are nobody's."""

from __future__ import annotations

import hashlib
from datetime import UTC, datetime

import pytest
from cryptography.hazmat.primitives.serialization import Encoding, pkcs7

from connectors.signature_check.asked import packed, unpacked
from connectors.signature_check.subject import numbers
from connectors.signature_check.trust import Root, TrustRefused, load, revocation_list
from mappings.canonical.signature import (
    MEANS,
    Reason,
    SignatureKind,
    SignatureReport,
    Signer,
    SignerNumber,
    Tree,
    Verdict,
    demanded,
    gathered,
    judged,
    refused,
    worst,
)
from mappings.tables.signature_reasons import CHANGES, COVERAGES, REASONS, VERDICTS
from tests.contract.signature_check.pki import NOW


def entry(der: bytes, **changes: object) -> str:
    """One reviewed entry; ``None`` leaves a line out."""
    facts: dict[str, object] = {
        "file": "goc.crt",
        "sha256": hashlib.sha256(der).hexdigest(),
        "name": "Root thử nghiệm",
        "tree": "NEAC",
        "purpose": "signature",
        "from": datetime(2025, 11, 25).date(),
        "source": "https://rootca.gov.vn, so vân tay qua công văn",
        "approved_by": ["Nguyễn A", "Trần B"],
        "approved_on": datetime(2026, 11, 20).date(),
        **changes,
    }

    def written(value: object) -> str:
        if isinstance(value, list):
            return "[" + ", ".join(f'"{one}"' for one in value) + "]"
        return f'"{value}"' if isinstance(value, str) else str(value)

    return "[[root]]\n" + "\n".join(f"{k} = {written(v)}" for k, v in facts.items() if v is not None) + "\n"


@pytest.fixture
def folder(world, tmp_path):
    """A directory with one root and its list."""
    (tmp_path / "goc.crt").write_bytes(world.root.der)
    (tmp_path / "trust.toml").write_text(entry(world.root.der), "utf-8")
    return tmp_path


def test_a_reviewed_list(folder, world):
    """Days are days in Viet Nam; the last day counts whole."""
    (folder / "trust.toml").write_text(entry(world.root.der, to=datetime(2030, 1, 31).date()), "utf-8")
    trust = load(folder)

    assert trust.reviewed
    (root,) = trust.roots
    assert (root.tree, root.purposes) == (Tree.NEAC, frozenset({"signature"}))
    assert root.since == datetime(2025, 11, 24, 17, tzinfo=UTC)
    assert root.until == datetime(2030, 1, 31, 17, tzinfo=UTC)
    assert root.covers(datetime(2030, 1, 31, 16, 59, tzinfo=UTC))
    assert not root.covers(root.until)
    assert not root.covers(datetime(2025, 11, 24, 16, 59, tzinfo=UTC))


WRONG = {
    "one person": {"approved_by": ["Nguyễn A"]},
    "the same person twice": {"approved_by": ["Nguyễn A", "nguyễn a "]},
    "nobody": {"approved_by": ["", ""]},
    "another tree": {"tree": "EU"},
    "another purpose": {"purpose": "tls"},
    "no purpose": {"purpose": []},
    "another fingerprint": {"sha256": "0" * 64},
    "no source": {"source": " "},
    "no day": {"from": None},
    "a moment for a day": {"from": "2025-11-25"},
    "a file elsewhere": {"file": "../goc.crt"},
    "no such file": {"file": "khac.crt"},
    "a word that nobody knows": {"force": "yes"},
}


@pytest.mark.parametrize("kind", WRONG)
def test_a_list_that_is_not_right_is_not_used(kind, folder, world):
    """Half a list would be half a trust."""
    (folder / "trust.toml").write_text(entry(world.root.der, **WRONG[kind]), "utf-8")

    with pytest.raises(TrustRefused, match="entry 1"):
        load(folder)


@pytest.mark.parametrize("text", ["", "x", "root = 1", "[[root]]\n[other]\n"])
def test_a_list_that_is_none(text, folder):
    """An empty list does not open the door to every file beside it."""
    (folder / "trust.toml").write_text(text, "utf-8")

    with pytest.raises(TrustRefused):
        load(folder)


def test_the_same_root_twice(folder, world):
    """Two entries could contradict each other."""
    (folder / "trust.toml").write_text(entry(world.root.der) * 2, "utf-8")

    with pytest.raises(TrustRefused, match="two entries"):
        load(folder)


def test_files_beside_a_list_are_no_roots(folder, world):
    """Only what stands in the list counts."""
    (folder / "them.crt").write_bytes(world.vgca_root.der)

    assert [root.der for root in load(folder).roots] == [world.root.der]


def test_without_a_directory_nothing_is_trusted(tmp_path):
    """No fallback of any kind."""
    for path in (tmp_path / "khong", tmp_path):
        with pytest.raises(TrustRefused):
            load(path)


def test_certificates_come_in_every_wrapping(world, tmp_path):
    """PEM, DER, bundles."""
    both = [world.root.certificate, world.ca.certificate]
    (tmp_path / "a.pem").write_bytes(world.root.pem + world.ca.pem)
    (tmp_path / "b.crt").write_bytes(world.root.der)
    (tmp_path / "c.p7b").write_bytes(pkcs7.serialize_certificates(both, Encoding.DER))
    (tmp_path / "d.p7b").write_bytes(pkcs7.serialize_certificates(both, Encoding.PEM))

    assert len(load(tmp_path).roots) == 7
    assert not load(tmp_path).reviewed


def test_a_file_that_is_no_certificate_stops_everything(world, tmp_path):
    """It was put there for a reason; passing it over would hide the reason."""
    (tmp_path / "a.pem").write_bytes(world.root.pem)
    (tmp_path / "b.pem").write_bytes(b"-----BEGIN CERTIFICATE-----\nxx\n-----END CERTIFICATE-----\n")
    (tmp_path / "README.md").write_text("gốc", "utf-8")

    with pytest.raises(TrustRefused, match=r"b\.pem"):
        load(tmp_path)


def test_a_list_as_text_is_converted(world, tmp_path):
    """A national address serves PEM where DER is expected; the library would stop with ValueError."""
    from cryptography import x509

    der = world.ca.crl()
    text = x509.load_der_x509_crl(der).public_bytes(Encoding.PEM)
    assert revocation_list(text) == revocation_list(der) == der
    roots, lists = tmp_path / "roots", tmp_path / "lists"
    for folder, name, raw in (
        (roots, "a.crt", world.root.der),
        (lists, "a.crl", text),
        (lists, "b.crl", der),
    ):
        folder.mkdir(exist_ok=True)
        (folder / name).write_bytes(raw)
    assert load(roots, None, lists).crls == (der, der)
    (lists / "c.crl").write_bytes(b"<html>")
    with pytest.raises(TrustRefused, match=r"c\.crl"):
        load(roots, None, lists)


def test_trust_survives_the_way_to_a_worker(trust, world):
    """Nothing is lost on the line."""
    import json

    listed = Root(world.root.der, "x", Tree.VGCA, frozenset({"timestamp"}), NOW, NOW)
    whole = type(trust)((listed, *trust.roots), trust.intermediates, trust.crls, (b"x",))

    assert unpacked(json.loads(packed(whole).line)["trust"]) == whole


@pytest.mark.parametrize(
    ("text", "kind", "value"),
    [
        ("CCCD:001099000001", "CCCD", "001099000001"),
        ("cmnd: 012345678", "CMND", "012345678"),
        ("MST:0100000001-001", "MST", "0100000001-001"),
        ("HC:B1234567", "HC", "B1234567"),
    ],
)
def test_numbers_of_a_subject(text, kind, value):
    """The UID carries the number with its kind."""
    assert numbers([text]) == (SignerNumber(kind, value),)


@pytest.mark.parametrize(
    "text", ["", "001099000001", "CCCD:", "CCCD:1", "CCCD:001 099", "x" * 300, "CCCD:００１０９９"]
)
def test_what_is_no_number(text):
    """Never guessed."""
    assert numbers([text]) == ()


def test_tables_are_whole():
    """A code without meaning or words would show as nothing."""
    assert set(MEANS) == set(Reason) == set(REASONS)
    assert set(VERDICTS) == set(Verdict)
    assert all(vi and en and vi != en for vi, en in (*REASONS.values(), *VERDICTS.values(), *COVERAGES.values(), *CHANGES.values()))  # fmt: skip


def _report(*numbers: str, reasons: tuple[Reason, ...] = ()) -> SignatureReport:
    signer = Signer("A", "", tuple(SignerNumber("CCCD", one) for one in numbers), "", "1", "", NOW, NOW)
    return SignatureReport("f", SignatureKind.SIGNATURE, "", judged(reasons), reasons, signer=signer)


def test_a_valid_signature_of_somebody_else_is_wrong():
    """The number of the subject is compared with the applicant's."""
    blank = refused("f", NOW, Reason.UNREADABLE)
    mine = gathered(type(blank)("f", "pdf", 1, "", Verdict.VALID, (), NOW), (_report("001099000001"),))

    assert demanded(mine, "001099000001").verdict is Verdict.VALID
    for other in ("001099000002", "", "00109900000"):
        wrong = demanded(mine, other)
        assert (wrong.verdict, wrong.signatures[0].reasons) == (Verdict.INVALID, (Reason.OTHER_SIGNER,))
    assert demanded(blank, "1").verdict is Verdict.MALFORMED


def test_verdicts_are_never_merged():
    """One invalid decides; nothing missing becomes good or bad."""
    assert worst([]) is Verdict.VALID
    assert worst([Verdict.VALID, Verdict.INDETERMINATE]) is Verdict.INDETERMINATE
    assert worst([Verdict.INDETERMINATE, Verdict.INVALID, Verdict.VALID]) is Verdict.INVALID
    assert refused("f", NOW, Reason.CHECKER_SLOW).worth_trying_again
    assert not refused("f", NOW, Reason.UNREADABLE).worth_trying_again
    half = gathered(refused("f", NOW), (_report("1", reasons=(Reason.NO_REVOCATION_DATA,)), _report("2", reasons=(Reason.REVOKED,))))  # fmt: skip
    assert not half.worth_trying_again

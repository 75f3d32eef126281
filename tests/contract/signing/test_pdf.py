"""PDF in two steps, judged by our own checker, by pyHanko with explicit roots and by poppler."""

from __future__ import annotations

import base64
import json
import os
import shutil
import subprocess
from dataclasses import replace
from io import BytesIO

import pytest
from asn1crypto import cms
from cryptography.hazmat.primitives.asymmetric.utils import decode_dss_signature
from pyhanko.pdf_utils.incremental_writer import IncrementalPdfFileWriter
from pyhanko.pdf_utils.reader import PdfFileReader
from pyhanko.sign.validation import validate_pdf_signature

from connectors.errors import Unavailable
from connectors.kit.signing.errors import NotReleased, Unsignable, WrongSignature
from connectors.kit.signing.release import released
from connectors.kit.signing.stamp import Stamp
from mappings.canonical.codec import from_json, to_json
from mappings.canonical.signature import Tree, Verdict
from mappings.canonical.signing import DocumentKind, Level, Mechanism, PreparedDocument
from tests.contract.signature_check.pdfs import blank, stamper_of
from tests.contract.signature_check.pki import NOW
from tests.contract.signing.conftest import finished, key_signs, prepared, sha

STAMP = Stamp(
    40, 40, 300, 120, organisation="Ủy ban nhân dân xã Nghĩa Thuận", reason="Tôi đồng ý với nội dung"
)


def let_out(raw, judge, holder, level=Level.B, **how):
    facts = {"document": "TL-1", "name": "don.pdf", "kind": DocumentKind.PDF, "judge": judge}
    return released(raw, level=level, signer_sha256=sha(holder.der), **{**facts, **how})


@pytest.mark.parametrize("level", list(Level))
def test_every_level_is_valid_for_each_judge(world, judge, material, level):
    """What we make must hold for people who never heard of us."""
    holder = world.citizen
    kept, made = prepared(holder, blank(), level=level, chain=[world.ca.der])
    how = {} if level is Level.B else {"stamper": stamper_of(world.stamper, NOW)}
    if level in (Level.LT, Level.LTA):
        how["material"] = material

    raw = finished(kept, made, holder, chain=[world.ca.der], **how)

    told = let_out(raw, judge, holder, level, tree=Tree.NEAC, number="001099000001")
    assert told.sha256 == sha(raw)
    assert told.signer_sha256 == sha(holder.der)
    assert (told.proven_at is None) == (level is Level.B)
    signature = PdfFileReader(BytesIO(raw)).embedded_signatures[0]
    status = validate_pdf_signature(
        signature, material.context(NOW), ts_validation_context=material.context(NOW)
    )
    assert status.bottom_line, status.pretty_print_details()
    assert "/DSS" in PdfFileReader(BytesIO(raw)).root or level in (Level.B, Level.T)
    assert len(PdfFileReader(BytesIO(raw)).embedded_timestamp_signatures) == (level is Level.LTA)


@pytest.mark.skipif(
    not shutil.which("pdfsig") and not os.environ.get("CI"), reason="poppler-utils is missing"
)
def test_poppler_finds_the_signature_valid(world, tmp_path):
    """Shares no line with pyHanko."""
    kept, made = prepared(world.citizen, blank(), stamp=STAMP)
    path = tmp_path / "a.pdf"
    path.write_bytes(finished(kept, made, world.citizen))

    told = subprocess.run(
        ["pdfsig", "-nocert", str(path)], capture_output=True, text=True, check=False
    ).stdout

    assert "Signature is Valid" in told
    assert "Total document signed" in told
    assert "ETSI.CAdES.detached" in told


def test_the_two_steps_may_lie_in_two_processes(world, judge):
    """What is kept between them is a file and a few lines of JSON."""
    kept, made = prepared(world.citizen, blank())
    text = json.dumps(to_json(made))

    again = from_json(PreparedDocument, json.loads(text))

    assert again == made
    assert len(text) < 2_000
    assert b"stream" not in base64.b64decode(made.to_sign)
    let_out(finished(kept, again, world.citizen), judge, world.citizen)


@pytest.mark.parametrize(("who", "pss"), [("company", False), ("citizen", True), ("citizen", False)])
def test_every_kind_of_key(world, judge, who, pss):
    """RSA with both paddings, and a curve."""
    holder = getattr(world, who)
    kept, made = prepared(holder, blank(), pss=pss)

    let_out(finished(kept, made, holder), judge, holder)

    assert made.mechanism is (
        Mechanism.ECDSA if who == "company" else Mechanism.RSA_PSS if pss else Mechanism.RSA
    )


def test_a_curve_may_answer_with_two_numbers_side_by_side(world, judge):
    """Some services write r and s without DER."""
    kept, made = prepared(world.company, blank())
    der = base64.b64decode(key_signs(world.company.key, made.to_sign_sha256))
    plain = b"".join(number.to_bytes(32, "big") for number in decode_dss_signature(der))

    raw = finished(kept, made, world.company, base64.b64encode(plain).decode())

    let_out(raw, judge, world.company)


def test_a_value_inside_a_cms_is_taken_out(world, judge):
    """The papers on one provider disagree about it."""
    kept, made = prepared(world.citizen, blank())
    value = base64.b64decode(key_signs(world.citizen.key, made.to_sign_sha256))
    signer = cms.SignerInfo(
        {
            "version": "v1",
            "sid": cms.SignerIdentifier(
                "issuer_and_serial_number",
                cms.IssuerAndSerialNumber({"issuer": world.citizen.asn1.issuer, "serial_number": 5}),
            ),
            "digest_algorithm": {"algorithm": "sha256"},
            "signature_algorithm": {"algorithm": "sha256_rsa"},
            "signature": value,
        }
    )
    data = cms.SignedData(
        {
            "version": "v1",
            "digest_algorithms": [{"algorithm": "sha256"}],
            "encap_content_info": {"content_type": "data"},
            "signer_infos": [signer],
        }
    )
    wrapped = cms.ContentInfo({"content_type": "signed_data", "content": data}).dump()

    raw = finished(kept, made, world.citizen, base64.b64encode(wrapped).decode())

    let_out(raw, judge, world.citizen)


@pytest.mark.parametrize(
    "spoil", ["other_hash", "other_key", "flipped", "short", "empty", "not_base64", "other_padding"]
)
def test_a_wrong_value_is_never_written(world, spoil):
    """The library fills it in without complaint."""
    holder = world.citizen
    kept, made = prepared(holder, blank())
    good = base64.b64decode(key_signs(holder.key, made.to_sign_sha256))
    value = {
        "other_hash": key_signs(holder.key, "00" * 32),
        "other_key": key_signs(world.stamper.key, made.to_sign_sha256),
        "flipped": base64.b64encode(bytes([good[0] ^ 1]) + good[1:]).decode(),
        "short": base64.b64encode(good[:-1]).decode(),
        "empty": " ",
        "not_base64": "ký rồi",
        "other_padding": key_signs(holder.key, made.to_sign_sha256, Mechanism.RSA_PSS),
    }[spoil]

    with pytest.raises(WrongSignature):
        finished(kept, made, holder, value)


def test_another_file_or_certificate_than_the_prepared_is_refused(world):
    """A hash that was signed belongs to one file."""
    kept, made = prepared(world.citizen, blank())
    other = bytearray(kept)
    other[200] ^= 1
    with pytest.raises(WrongSignature, match="other-file"):
        finished(bytes(other), made, world.citizen)
    value = key_signs(world.citizen.key, made.to_sign_sha256)
    with pytest.raises(WrongSignature, match="other-certificate"):
        finished(kept, made, world.asked_for, value)


def test_line_breaks_in_a_value_are_nothing(world, judge):
    """One provider writes them."""
    kept, made = prepared(world.citizen, blank())
    value = key_signs(world.citizen.key, made.to_sign_sha256)
    broken = "\r\n".join(value[at : at + 64] for at in range(0, len(value), 64))

    let_out(finished(kept, made, world.citizen, broken), judge, world.citizen)


def test_a_second_signature_keeps_the_first(world, judge):
    """Citizen first, official behind."""
    kept, made = prepared(world.citizen, blank(), field="CongDan", stamp=STAMP)
    first = finished(kept, made, world.citizen)
    kept, made = prepared(world.official, first, field="CanBo", stamp=replace(STAMP, bottom=200, top=280))
    second = finished(kept, made, world.official)

    told = let_out(second, judge, world.official)

    assert told.field == "CanBo"
    report = judge.check_bytes(second, "hai.pdf")
    assert [one.verdict for one in report.signatures] == [Verdict.VALID, Verdict.VALID]
    with pytest.raises(Unsignable, match="field-taken"):
        prepared(world.official, second, field="CanBo")


def test_the_stamp_is_vietnamese_and_can_be_read_out(world, tmp_path):
    """A missing letter is a box on the paper of a citizen."""
    kept, _ = prepared(world.citizen, blank(), stamp=STAMP)
    path = tmp_path / "dau.pdf"
    path.write_bytes(kept)
    if not shutil.which("pdftotext"):
        assert not os.environ.get("CI")
        pytest.skip("poppler-utils is missing")

    text = subprocess.run(
        ["pdftotext", "-layout", str(path), "-"], capture_output=True, text=True, check=True
    ).stdout

    words = " ".join(text.split())
    assert "Ký bởi: Nguyễn Văn Thử" in words
    assert "Cơ quan: Ủy ban nhân dân xã Nghĩa Thuận" in words
    assert "Thời gian ký: 24/11/2026 10:00:00 +07:00" in words
    assert "Lý do: Tôi đồng ý với nội dung" in words


@pytest.mark.parametrize(
    ("stamp", "code"),
    [
        (replace(STAMP, page=2), "no-such-page"),
        (replace(STAMP, page=0), "no-such-page"),
        (replace(STAMP, right=700), "stamp"),
        (replace(STAMP, right=41), "stamp"),
        (replace(STAMP, reason="ẩn\u202ehiện"), "stamp"),
        (replace(STAMP, reason="漢"), "stamp"),
        (replace(STAMP, reason="d" * 200), "stamp"),
    ],
)
def test_a_stamp_that_cannot_be_seen_is_refused(world, stamp, code):
    """A signature nobody can find on the paper, or with another meaning than its letters show."""
    with pytest.raises(Unsignable) as refused:
        prepared(world.citizen, blank(), stamp=stamp)
    assert refused.value.code == code


def test_percent_signs_in_a_stamp_are_letters(world):
    """The library's template language must not see them."""
    prepared(world.citizen, blank(), stamp=replace(STAMP, reason="Miễn 50% lệ phí %(ts)s"))


@pytest.mark.parametrize(
    "raw", [b"", b"%PDF-1.7\n", b"<html></html>", blank()[:300], blank().replace(b"/Pages", b"/Pagez")]
)
def test_what_is_no_sound_pdf_is_not_signed(world, raw):
    """A polite refusal, never a crash."""
    with pytest.raises(Unsignable) as refused:
        prepared(world.citizen, raw)
    assert refused.value.code == "unreadable"


def test_an_encrypted_file_is_not_signed(world):
    """Nobody could check what it says."""
    writer = IncrementalPdfFileWriter(BytesIO(blank()))
    del writer
    from pyhanko.pdf_utils.writer import copy_into_new_writer

    copy = copy_into_new_writer(PdfFileReader(BytesIO(blank())))
    copy.encrypt("chủ", "khách")
    out = BytesIO()
    copy.write(out)
    with pytest.raises(Unsignable, match="encrypted"):
        prepared(world.citizen, out.getvalue())


def test_without_what_a_level_needs_nothing_is_written(world, material):
    """A B-T without its stamp would be a B-B that says otherwise."""
    kept, made = prepared(world.citizen, blank(), level=Level.T)
    with pytest.raises(WrongSignature, match="no-timestamp"):
        finished(kept, made, world.citizen)
    kept, made = prepared(world.citizen, blank(), level=Level.LT)
    with pytest.raises(WrongSignature, match="validation"):
        finished(kept, made, world.citizen, stamper=stamper_of(world.stamper, NOW))
    poor = replace(material, crls=())
    with pytest.raises(WrongSignature, match="validation"):
        finished(kept, made, world.citizen, stamper=stamper_of(world.stamper, NOW), material=poor)


def test_without_the_authority_nothing_is_stamped_and_the_value_serves_later(world, judge):
    """The signer is not asked twice because a clock was away."""

    class Away:
        async def async_timestamp(self, *_):
            raise Unavailable("closed", system="tsa", operation="time_stamp")

        async def async_dummy_response(self, *_):
            raise Unavailable("closed", system="tsa", operation="time_stamp")

    kept, made = prepared(world.citizen, blank(), level=Level.T)
    value = key_signs(world.citizen.key, made.to_sign_sha256)
    with pytest.raises(Unavailable):
        finished(kept, made, world.citizen, value, stamper=Away())

    raw = finished(kept, made, world.citizen, value, stamper=stamper_of(world.stamper, NOW))

    let_out(raw, judge, world.citizen, Level.T)


@pytest.mark.parametrize("who", ["revoked", "expired", "future"])
def test_what_the_judge_does_not_find_valid_does_not_leave(world, judge, who):
    """Nothing unsigned or wrongly signed leaves, whoever made it."""
    holder = getattr(world, who)
    kept, made = prepared(holder, blank())
    with pytest.raises(NotReleased) as refused:
        let_out(finished(kept, made, holder), judge, holder)
    assert refused.value.report.verdict is not Verdict.VALID


def test_one_doubtful_signature_holds_the_whole_file_back(world, judge):
    """Ours is valid; the one below it is of an expired certificate without proof of time."""
    kept, made = prepared(world.expired, blank(), field="Cu")
    first = finished(kept, made, world.expired)
    kept, made = prepared(world.citizen, first, field="Moi")
    with pytest.raises(NotReleased) as refused:
        let_out(finished(kept, made, world.citizen), judge, world.citizen)
    assert refused.value.report.verdict is Verdict.INDETERMINATE


def test_the_last_door_compares_signer_person_tree_level_and_file(world, judge):
    """A valid signature of somebody else is still wrong."""
    kept, made = prepared(world.citizen, blank())
    raw = finished(kept, made, world.citizen)
    let_out(raw, judge, world.citizen)
    for wrong in (
        {"holder": world.official},
        {"number": "001099000002"},
        {"tree": Tree.VGCA},
        {"level": Level.T},
    ):
        holder = wrong.pop("holder", world.citizen)
        with pytest.raises(NotReleased):
            let_out(raw, judge, holder, **wrong)
    for spoilt in (kept, raw + b"\n%more", raw.replace(b"100000", b"900000"), blank()):
        with pytest.raises(NotReleased):
            let_out(spoilt, judge, world.citizen)

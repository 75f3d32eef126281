"""Every kind of signed PDF that people hand in, and everything that is done to one. Facts: signature-validation, parts 3 and 4."""

from __future__ import annotations

import re
import shutil
import subprocess
from datetime import timedelta

import pytest
from pyhanko.pdf_utils.writer import copy_into_new_writer
from pyhanko.sign.fields import SigSeedSubFilter

from connectors.signature_check.trust import Root, Trust
from mappings.canonical.signature import Changes, Coverage, Reason, SignatureKind, Tree, Verdict
from tests.contract.signature_check import pdfs
from tests.contract.signature_check.conftest import changed
from tests.contract.signature_check.pki import NOW, SIGNED, ec_key, rsa_key

CMS = SigSeedSubFilter.ADOBE_PKCS7_DETACHED


@pytest.fixture(scope="session")
def good(world):
    """PAdES B-B of a citizen."""
    return pdfs.signed(pdfs.blank(), world.citizen, world.ca)


@pytest.fixture(scope="session")
def proven(world):
    """PAdES B-T of a citizen."""
    return pdfs.signed(pdfs.blank(), world.citizen, world.ca, stamper=pdfs.stamper_of(world.stamper))


def test_a_good_file_tells_who_signed_what(only, good):
    """The rule of the ministry: valid or not, who, when, and whether the data are intact."""
    one = only(good)

    assert (one.verdict, one.reasons, one.intact) == (Verdict.VALID, (), True)
    assert (one.coverage, one.changes) == (Coverage.WHOLE_FILE, Changes.NONE)
    assert one.signer.name == "Nguyễn Văn Thử"
    assert [(item.kind, item.value) for item in one.signer.numbers] == [("CCCD", "001099000001")]
    assert one.claimed_at is not None
    assert one.proven_at is None
    assert {item.kind for item in one.evidence} == {"certificate", "crl"}


KINDS = {
    "cms": {"form": CMS},
    "sha512": {"digest": "sha512"},
    "pss": {"pss": True},
    "empty-field-used": {"field": "Trong"},
}


@pytest.mark.parametrize("kind", KINDS)
def test_the_usual_kinds_are_read(kind, only, world):
    """Files come from many programs."""
    source = pdfs.with_field(pdfs.blank()) if kind == "empty-field-used" else pdfs.blank()

    assert only(pdfs.signed(source, world.citizen, world.ca, **KINDS[kind])).verdict is Verdict.VALID


@pytest.mark.parametrize("name", ["company", "official"])
def test_elliptic_curves_are_read(name, only, world):
    """ECDSA from 256 bit."""
    one = only(pdfs.signed(pdfs.blank(), getattr(world, name)))

    assert one.verdict is Verdict.VALID
    assert one.algorithms.key == "ec secp256r1"


def test_a_time_stamp_proves_the_time(only, proven):
    """The signer's clock claims, the authority's proves; which of the two is told."""
    one = only(proven)

    assert one.verdict is Verdict.VALID
    assert one.proven_at == SIGNED
    assert "timestamp" in {item.kind for item in one.evidence}


def test_two_people_sign_one_after_the_other(check, world, good):
    """The second signature is a permitted change to the first."""
    report = check(pdfs.signed(good, world.company, field="Chuky2"))

    assert report.verdict is Verdict.VALID
    first, second = report.signatures
    assert (first.coverage, first.changes) == (Coverage.WHOLE_REVISION, Changes.SIGNATURES_AND_FORMS)
    assert (second.coverage, second.signer.name) == (Coverage.WHOLE_FILE, "Công ty Thử Nghiệm")


def test_one_bad_signature_of_two_decides(check, world, good):
    """Valid means: every signature."""
    report = check(pdfs.signed(good, world.short, field="Chuky2"))

    assert [one.verdict for one in report.signatures] == [Verdict.VALID, Verdict.INVALID]
    assert report.verdict is Verdict.INVALID


def test_a_document_time_stamp_is_nobodys_signature(check, world):
    """A stamp proves a time; it does not say that anybody agreed to anything."""
    report = check(pdfs.stamped(pdfs.blank(), pdfs.stamper_of(world.stamper)))

    assert (report.verdict, report.reasons) == (Verdict.UNSIGNED, (Reason.ONLY_TIMESTAMP,))
    (one,) = report.signatures
    assert (one.kind, one.verdict, one.proven_at) == (SignatureKind.TIMESTAMP, Verdict.VALID, SIGNED)


def test_long_term_forms_are_read(check, world):
    """B-LT and B-LTA bring their validation data along: nothing but the roots is needed from us."""
    lists = world.lists()
    bare = Trust((Root(world.root.der, "neac"), Root(world.stamp_root.der, "stamp")))
    for archive in (False, True):
        raw = pdfs.long_term(
            world, world.citizen, lists, NOW, archive=archive, stamper=pdfs.stamper_of(world.stamper)
        )
        report = check(raw, trust=bare)

        assert report.verdict is Verdict.VALID, report
        assert report.signatures[0].changes is Changes.LONG_TERM_DATA
        assert "file" in {item.source for item in report.signatures[0].evidence if item.kind == "crl"}


# What is done to files


def test_one_digit_changed(only, good):
    """The library's ``valid`` stays true here; its last word does not."""
    one = only(good.replace(b"100000 dong", b"900000 dong"))

    assert one.verdict is Verdict.INVALID
    assert one.reasons == (Reason.CONTENT_CHANGED,)
    assert one.intact is False


def test_the_signature_of_another_document(only, world, good):
    """A real signature, of something else."""
    other = pdfs.signed(pdfs.blank("Le phi 000001 dong"), world.citizen, world.ca)
    hexadecimal = re.compile(rb"/Contents <([0-9a-fA-F]+)>")
    moved = good.replace(hexadecimal.search(good)[1], hexadecimal.search(other)[1])

    assert Reason.CONTENT_CHANGED in only(moved).reasons


def test_content_replaced_by_a_later_revision(only, good):
    """Valid, intact and trusted are all true; a viewer shows the new amount."""
    one = only(pdfs.appended(good, b"100000", b"900000"))

    assert one.verdict is Verdict.INVALID
    assert one.reasons == (Reason.CHANGED_AFTER_SIGNING,)
    assert (one.coverage, one.changes) == (Coverage.WHOLE_REVISION, Changes.NOT_PERMITTED)


def test_bytes_hidden_in_the_gap_of_the_byte_range(only, world):
    """Signature wrapping: value and digest are right, and something stands between the signed bytes."""
    one = only(pdfs.with_gap(world.citizen))

    assert one.intact is True
    assert one.verdict is Verdict.INVALID
    assert Reason.COVERAGE_UNCLEAR in one.reasons


def test_a_signature_over_a_part_only(check):
    """A byte range that leaves out what is read."""
    raw = pdfs.by_hand(b"ETSI.CAdES.detached", lambda _: b"\x30\x00", byte_range=b"[0 10 20 10]")

    assert check(raw).verdict is Verdict.MALFORMED


def test_a_revoked_certificate(only, world):
    """Left alone, the library calls this fully valid."""
    one = only(pdfs.signed(pdfs.blank(), world.revoked, world.ca))

    assert (one.verdict, one.reasons, one.intact) == (Verdict.INVALID, (Reason.REVOKED,), True)


@pytest.mark.parametrize("missing", ["all", "issuer"])
def test_without_revocation_data_nothing_is_valid(missing, only, world, trust, good):
    """No network means unknown, at every level."""
    lists = () if missing == "all" else tuple(world.lists()[1:])
    one = only(good, trust=changed(trust, crls=lists))

    assert (one.verdict, one.reasons) == (Verdict.INDETERMINATE, (Reason.NO_REVOCATION_DATA,))
    assert one.lists == ("http://crl.example/ca.crl",)


def test_revocation_only_where_a_certificate_names_its_list(only, world, trust):
    """The weaker rule is somebody's choice, never the default."""
    raw = pdfs.signed(pdfs.blank(), world.company, world.ca)

    assert only(raw, trust=changed(trust, crls=())).verdict is Verdict.INDETERMINATE
    assert only(raw, trust=changed(trust, crls=()), every_level=False).verdict is Verdict.VALID


def test_a_list_that_is_over(only, world, trust, good):
    """A list of last month says nothing about today."""
    old = world.ca.crl(since=NOW - timedelta(days=60), until=NOW - timedelta(days=30))
    one = only(good, trust=changed(trust, crls=(world.root.crl(), old)))

    assert (one.verdict, one.reasons) == (Verdict.INDETERMINATE, (Reason.STALE_REVOCATION_DATA,))


@pytest.fixture(scope="session")
def answered(world):
    """A signature whose certificate names a responder."""
    return pdfs.signed(pdfs.blank(), world.asked_for, world.ca)


def test_a_responder_answers_instead_of_a_list(only, world, trust, answered):
    """OCSP instead of a CRL, good or revoked."""
    lists, certificate = (world.root.crl(),), world.asked_for.certificate
    fine = world.ca.answer(certificate)
    bad = world.ca.answer(certificate, good=False, revoked_at=NOW - timedelta(days=1))

    one = only(answered, trust=changed(trust, crls=lists, ocsps=(fine,)))
    assert (one.verdict, "ocsp" in {item.kind for item in one.evidence}) == (Verdict.VALID, True), one
    assert only(answered, trust=changed(trust, crls=lists, ocsps=(bad,))).reasons == (Reason.REVOKED,)


def test_an_old_good_answer_does_not_silence_a_list(only, world, trust, answered):
    """Left alone, the library asks no list when an answer is good; a signer can carry one from before the revocation."""
    fine = world.ca.answer(world.asked_for.certificate)
    cut = world.ca.crl(revoked={world.asked_for.certificate.serial_number: NOW - timedelta(hours=1)})
    one = only(answered, trust=changed(trust, crls=(world.root.crl(), cut), ocsps=(fine,)))

    assert (one.verdict, one.reasons) == (Verdict.INVALID, (Reason.REVOKED,))


def test_a_revoked_issuer(only, world, trust, good):
    """The whole branch falls."""
    cut = world.root.crl(revoked={world.ca.certificate.serial_number: NOW - timedelta(days=1)})

    assert only(good, trust=changed(trust, crls=(cut, world.ca.crl()))).reasons == (Reason.ISSUER_REVOKED,)


def test_expired_without_proof_of_the_time(only, world):
    """It may have been signed in time; nobody can tell."""
    one = only(pdfs.signed(pdfs.blank(), world.expired, world.ca))

    assert (one.verdict, one.reasons) == (Verdict.INDETERMINATE, (Reason.EXPIRED_NO_PROOF,))


def test_expired_with_proof_of_the_time(only, world, trust):
    """The time stamp is older than the end of the certificate, and a list from that time knows it."""
    raw = pdfs.signed(pdfs.blank(), world.expired, world.ca, stamper=pdfs.stamper_of(world.stamper))
    one = only(raw, trust=changed(trust, crls=(*trust.crls, world.ca.crl(since=SIGNED - timedelta(days=1)))))

    assert (one.verdict, one.proven_at) == (Verdict.VALID, SIGNED)


def test_expired_with_proof_but_without_revocation_data_of_that_time(only, world, trust):
    """The library says PASSED here without having asked; a list made after the expiry may have dropped the entry."""
    raw = pdfs.signed(pdfs.blank(), world.expired, world.ca, stamper=pdfs.stamper_of(world.stamper))
    late = world.ca.crl(since=NOW - timedelta(hours=1))
    one = only(raw, trust=changed(trust, crls=(world.root.crl(), late, world.stamp_root.crl())))

    assert one.verdict is Verdict.INDETERMINATE
    assert one.reasons == (Reason.NO_REVOCATION_DATA,)


def test_stamped_then_revoked(only, world):
    """What was signed before the key was lost stays signed."""
    raw = pdfs.signed(pdfs.blank(), world.revoked, world.ca, stamper=pdfs.stamper_of(world.stamper))

    assert (only(raw).verdict, only(raw).proven_at) == (Verdict.VALID, SIGNED)


def test_revoked_then_stamped(only, world):
    """The thief stamps too."""
    for moment in (
        NOW - timedelta(hours=1),
        NOW - timedelta(days=2),
    ):  # the second is the very moment of the revocation
        late = pdfs.stamper_of(world.stamper, moment)
        raw = pdfs.signed(pdfs.blank(), world.revoked, world.ca, stamper=late)

        assert only(raw).reasons == (Reason.REVOKED,)


def test_a_stamp_of_an_unknown_authority(only, world, trust, proven):
    """It proves nothing; the library's last word is no."""
    without = changed(trust, roots=tuple(root for root in trust.roots if root.der != world.stamp_root.der))
    one = only(proven, trust=without)

    assert (one.verdict, one.reasons) == (Verdict.INDETERMINATE, (Reason.TIMESTAMP_UNTRUSTED,))
    assert one.proven_at is None


def test_a_stamping_authority_that_is_over_is_kept_alive_by_a_later_stamp(check, world, trust):
    """Long-term archives are stamped again before the old authority ends."""
    then = NOW - timedelta(days=3)
    lists = (*trust.crls, world.stamp_root.crl(since=NOW - timedelta(days=4)))
    raw = pdfs.signed(pdfs.blank(), world.citizen, world.ca, stamper=pdfs.stamper_of(world.old_stamper))
    alone = check(raw, trust=changed(trust, crls=lists))
    kept = check(pdfs.stamped(raw, pdfs.stamper_of(world.stamper, then)), trust=changed(trust, crls=lists))

    assert alone.verdict is Verdict.INDETERMINATE
    assert kept.verdict is Verdict.VALID, kept
    assert kept.signatures[0].proven_at == SIGNED


def test_not_yet_valid(only, world):
    """A certificate of tomorrow."""
    assert only(pdfs.signed(pdfs.blank(), world.future, world.ca)).reasons == (Reason.NOT_YET_VALID,)


def test_another_moment_may_be_asked_for(only, world):
    """The certificate that is over now was good then."""
    raw = pdfs.signed(pdfs.blank(), world.expired, world.ca)

    assert only(raw, moment=NOW - timedelta(days=3), past=True).verdict is Verdict.VALID


@pytest.mark.parametrize("kind", ["other-key", "nothing"])
def test_a_root_that_is_not_ours(kind, only, world, trust, good):
    """The same name is not the same root."""
    root = world.same_name if kind == "other-key" else world.stamp_root
    one = only(good, trust=changed(trust, roots=(Root(root.der, "x"),)))

    assert (one.verdict, one.reasons) == (Verdict.INDETERMINATE, (Reason.UNKNOWN_ROOT,))


def test_a_self_signed_stranger(only, world):
    """Anybody can make a certificate with any name."""
    assert only(pdfs.signed(pdfs.blank(), world.same_name)).reasons == (Reason.UNKNOWN_ROOT,)


def test_a_forged_issuer(only, world):
    """A certificate in the CA's name, by another key."""
    from tests.contract.signature_check.pki import Authority

    forger = Authority(rsa_key(2048, 9), world.ca.certificate)
    assert (
        only(pdfs.signed(pdfs.blank(), forger.issue("Kẻ Giả", rsa_key(2048, 4)))).verdict is not Verdict.VALID
    )


@pytest.mark.parametrize("name", ["short", "small_curve"])
def test_short_keys(name, only, world):
    """RSA 1024 and ECDSA 224."""
    one = only(pdfs.signed(pdfs.blank(), getattr(world, name), world.ca))

    assert one.verdict is Verdict.INVALID
    assert Reason.WEAK_ALGORITHM in one.reasons


def test_sha_1(only, world):
    """Refused whatever else is right."""
    one = only(pdfs.signed(pdfs.blank(), world.citizen, world.ca, digest="sha1", form=CMS))

    assert one.verdict is Verdict.INVALID
    assert Reason.WEAK_ALGORITHM in one.reasons


def test_a_key_that_is_not_for_signing(only, world):
    """Key usage: digital signature or non-repudiation."""
    one = only(pdfs.signed(pdfs.blank(), world.enciphering, world.ca))

    assert (one.verdict, one.reasons) == (Verdict.INVALID, (Reason.KEY_USAGE,))


def test_a_signer_that_acts_as_a_ca(only, world):
    """A citizen's certificate issues nothing."""
    from tests.contract.signature_check.pki import Authority

    citizen = Authority(world.citizen.key, world.citizen.certificate)
    raw = pdfs.signed(pdfs.blank(), citizen.issue("Con", ec_key(number=8)), world.citizen, world.ca)

    assert only(raw).verdict is Verdict.INVALID


@pytest.mark.parametrize("make", [pdfs.bare_rsa, pdfs.digest_inside])
def test_forms_that_the_library_passes_over_are_not_unsigned(make, only, world):
    """Both rest on SHA-1: told, and refused."""
    one = only(make(world.citizen))

    assert (one.verdict, one.reasons) == (Verdict.INVALID, (Reason.WEAK_ALGORITHM,))
    assert (one.intact, one.signer.name) == (True, "Nguyễn Văn Thử")


@pytest.mark.parametrize("make", [pdfs.bare_rsa, pdfs.digest_inside])
def test_old_forms_are_checked_all_the_same(make, only, world):
    """A changed old file says so."""
    one = only(make(world.citizen).replace(b"595 842", b"595 843"))

    assert Reason.CONTENT_CHANGED in one.reasons
    assert one.intact is False


def test_an_unknown_form_is_not_unsigned(only, world):
    """A signature that we cannot read is still a signature."""
    assert only(pdfs.by_hand(b"Other.form", lambda _: b"\x30\x00")).verdict is not Verdict.UNSIGNED


def test_the_two_trees_never_stand_for_each_other(only, world, trust, good):
    """Citizens sign under NEAC, officials under VGCA."""
    tree = {world.root.der: Tree.NEAC, world.vgca_root.der: Tree.VGCA}
    listed = changed(trust, roots=tuple(
        Root(root.der, root.name, tree.get(root.der, Tree.VGCA), frozenset({"signature"} if root.der in tree else {"timestamp"}))
        for root in trust.roots
    ))  # fmt: skip
    official = pdfs.signed(pdfs.blank(), world.official)

    assert only(good, trust=listed, tree=Tree.NEAC).verdict is Verdict.VALID
    assert only(good, trust=listed, tree=Tree.VGCA).reasons == (Reason.WRONG_TREE,)
    assert only(official, trust=listed, tree=Tree.VGCA).verdict is Verdict.VALID
    wrong = only(official, trust=listed, tree=Tree.NEAC)
    assert (wrong.verdict, wrong.reasons) == (Verdict.INVALID, (Reason.WRONG_TREE,))
    assert only(official, trust=listed).signer.tree is Tree.VGCA


def test_a_root_vouches_for_its_purpose_only(only, world, trust, good):
    """The time-stamping root of the state signs no citizens."""
    wrong = changed(trust, roots=(Root(world.root.der, "neac", Tree.NEAC, frozenset({"timestamp"})),))

    assert only(good, trust=wrong).reasons == (Reason.UNKNOWN_ROOT,)


def test_an_old_root_keeps_its_old_signatures(only, world, trust, good, proven):
    """After its last day it vouches for what was provably signed before."""
    ended = tuple(
        Root(root.der, root.name, until=NOW - timedelta(days=1)) if root.der == world.root.der else root
        for root in trust.roots
    )

    assert only(good, trust=changed(trust, roots=ended)).reasons == (Reason.ROOT_OUT_OF_DATE,)
    assert only(proven, trust=changed(trust, roots=ended)).verdict is Verdict.VALID


def test_a_file_without_signatures(check):
    """Told as what it is."""
    report = check(pdfs.with_field(pdfs.blank()))

    assert (report.verdict, report.reasons, report.signatures) == (
        Verdict.UNSIGNED,
        (Reason.NO_SIGNATURE,),
        (),
    )


def test_an_encrypted_file_is_not_unsigned(check, good):
    """Its signatures cannot be seen, which is not the same as not being there."""
    from io import BytesIO

    from pyhanko.pdf_utils.reader import PdfFileReader

    writer = copy_into_new_writer(PdfFileReader(BytesIO(good)))
    writer.encrypt(owner_pass="mật khẩu", user_pass="mật khẩu")
    out = BytesIO()
    writer.write(out)

    assert check(out.getvalue()).reasons == (Reason.ENCRYPTED,)


@pytest.mark.skipif(shutil.which("pdfsig") is None, reason="poppler-utils is not installed")
def test_another_program_agrees_about_the_bytes(good, proven, tmp_path, world):
    """Poppler judges integrity on its own; what we call intact it calls valid, what we call changed it does not."""
    for name, raw, word in (
        ("good", good, "Signature is Valid"),
        ("proven", proven, "Signature is Valid"),
        ("two", pdfs.signed(good, world.company, field="Chuky2"), "Signature is Valid"),
        ("changed", good.replace(b"100000 dong", b"900000 dong"), "Digest Mismatch"),
    ):
        path = tmp_path / f"{name}.pdf"
        path.write_bytes(raw)
        said = subprocess.run(
            ["pdfsig", "-nocert", str(path)], capture_output=True, text=True, check=False
        ).stdout
        assert word in said, (name, said)

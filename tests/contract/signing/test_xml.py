"""XML in two steps, judged by our own checker, by signxml and by xmlsec1."""

from __future__ import annotations

import base64
import json
import os
import shutil
import subprocess

import pytest
from lxml import etree

from connectors.kit.signing.errors import NotReleased, Unsignable, WrongSignature
from connectors.kit.signing.release import released
from connectors.kit.signing.xml import finish_xml, prepare_xml
from mappings.canonical.codec import from_json, to_json
from mappings.canonical.signing import DocumentKind, Level, PreparedDocument
from tests.contract.signature_check.pki import NOW
from tests.contract.signing.conftest import key_signs, sha

XML = '<?xml version="1.0" encoding="UTF-8"?>\n<ToKhai xmlns="urn:thu"><HoTen>Nguyễn Văn Thử</HoTen><Phi>100000</Phi></ToKhai>'.encode()


def prepared(holder, raw=XML, **how):
    return prepare_xml(
        raw, **{"document": "TK-1", "name": "Tờ khai", "certificate": holder.der, "moment": NOW, **how}
    )


def let_out(raw, judge, holder):
    return released(
        raw, document="TK-1", name="tokhai.xml", kind=DocumentKind.XML, level=Level.B, judge=judge,
        signer_sha256=sha(holder.der),
    )  # fmt: skip


@pytest.mark.parametrize("who", ["citizen", "company"])
def test_it_is_valid_for_each_judge(world, judge, tmp_path, who):
    """RSA and a curve; between the steps lie two processes."""
    holder = getattr(world, who)
    kept, made = prepared(holder, chain=[world.ca.der])
    again = from_json(PreparedDocument, json.loads(json.dumps(to_json(made))))

    raw = finish_xml(kept, again, key_signs(holder.key, made.to_sign_sha256), certificate=holder.der)

    told = let_out(raw, judge, holder)
    assert told.claimed_at == NOW
    if not shutil.which("xmlsec1"):
        assert not os.environ.get("CI")
        pytest.skip("xmlsec1 is missing")
    path, root = tmp_path / "a.xml", tmp_path / "root.pem"
    path.write_bytes(raw)
    root.write_bytes(world.root.pem)
    between = tmp_path / "ca.pem"
    between.write_bytes(world.ca.pem)
    told_by = subprocess.run(
        ["xmlsec1", "--verify", "--trusted-pem", str(root), "--untrusted-pem", str(between),
         "--verification-gmt-time", "2026-11-24 03:00:00",
         "--id-attr:Id", "http://uri.etsi.org/01903/v1.3.2#:SignedProperties", str(path)],
        capture_output=True, text=True, check=False,
    )  # fmt: skip
    assert told_by.returncode == 0, told_by.stderr
    assert "SignedInfo References (ok/all): 3/3" in told_by.stderr


def test_not_a_byte_beside_the_value_changes(world):
    """What the signer saw is what leaves."""
    kept, made = prepared(world.citizen)

    raw = finish_xml(
        kept, made, key_signs(world.citizen.key, made.to_sign_sha256), certificate=world.citizen.der
    )

    assert raw[: made.hole_start] == kept[: made.hole_start]
    assert raw[made.hole_end :] == kept[made.hole_end :]
    assert etree.fromstring(raw).find("{urn:thu}HoTen").text == "Nguyễn Văn Thử"


def test_a_wrong_value_file_or_certificate_is_refused(world):
    """As for a PDF."""
    kept, made = prepared(world.citizen)
    good = key_signs(world.citizen.key, made.to_sign_sha256)
    raw = base64.b64decode(good)
    for value in (key_signs(world.citizen.key, "00" * 32), base64.b64encode(raw[::-1]).decode(), "", "AAAA"):
        with pytest.raises(WrongSignature):
            finish_xml(kept, made, value, certificate=world.citizen.der)
    with pytest.raises(WrongSignature, match="other-file"):
        finish_xml(kept.replace(b"100000", b"100001"), made, good, certificate=world.citizen.der)
    with pytest.raises(WrongSignature, match="other-certificate"):
        finish_xml(kept, made, good, certificate=world.asked_for.der)


def test_what_is_not_finished_does_not_leave(world, judge):
    """A placeholder is no signature."""
    kept, _ = prepared(world.citizen)
    for raw in (kept, XML):
        with pytest.raises(NotReleased):
            let_out(raw, judge, world.citizen)


@pytest.mark.parametrize(
    ("raw", "code"),
    [
        (b"", "unreadable"),
        (b"<a>", "unreadable"),
        (b'<!DOCTYPE a [<!ENTITY b "c">]><a>&b;</a>', "unreadable"),
        (b"<?xml-stylesheet href='x'?><a/>", "unreadable"),
        (b'<a><Signature xmlns="http://www.w3.org/2000/09/xmldsig#"/></a>', "field-taken"),
    ],
)
def test_what_is_no_plain_xml_is_not_signed(world, raw, code):
    """Also not what is signed already."""
    with pytest.raises(Unsignable) as refused:
        prepared(world.citizen, raw)
    assert refused.value.code == code

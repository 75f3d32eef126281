"""``lienthong signature verify``: words for a person, JSON for a program, an exit code for a script."""

from __future__ import annotations

import json
import subprocess
import sys

import pytest

from adapters.cli.main import main
from tests.contract.signature_check import pdfs, xmls
from tests.contract.signature_check.test_trust import entry
from tests.support.installation import ROOT


@pytest.fixture
def verify(place, tmp_path, capfdbinary):
    """Bytes and options → exit code, what was said, what was said beside it."""

    def run(raw: bytes, *options: str, name: str = "tep.pdf", language: str = "vi", roots: bool = True):
        path = tmp_path / name
        path.write_bytes(raw)
        given = ["--lang", language, "signature", "verify", str(path), "--at", "2026-11-24T10:00"]
        given += ["--intermediates", str(place / "between"), "--crls", str(place / "lists")]
        if roots:
            given += ["--roots", str(place / "roots")]
        code = main([*given, *options])
        said = capfdbinary.readouterr()
        return code, said.out.decode(), said.err.decode()

    return run


def test_a_valid_file_in_words(verify, world):
    """Valid or not, who, when, and whether the data are intact; in Vietnamese, and in English."""
    raw = pdfs.signed(pdfs.blank(), world.citizen, world.ca, stamper=pdfs.stamper_of(world.stamper))
    code, said, _ = verify(raw)

    assert code == 0
    for word in ("CHỮ KÝ HỢP LỆ", "Nguyễn Văn Thử", "CCCD 001099000001", "20/11/2026 10:00:00", "nguyên vẹn"):
        assert word in said
    code, said, _ = verify(raw, language="en")
    assert (code, "VALID" in said, "intact" in said) == (0, True, True)


def test_the_exit_code_tells_the_verdict(verify, world):
    """0 only when every signature is valid; each other verdict has a number of its own."""
    good = pdfs.signed(pdfs.blank(), world.citizen, world.ca)

    assert verify(good)[0] == 0
    assert verify(good.replace(b"100000 dong", b"900000 dong"))[0] == 6
    assert verify(pdfs.signed(pdfs.blank(), world.expired, world.ca))[0] == 7
    assert verify(pdfs.blank())[0] == 8
    assert verify(good[:500])[0] == 9


def test_json_is_for_programs(verify, world):
    """Codes, times with zone, words in both languages."""
    code, said, beside = verify(pdfs.signed(pdfs.blank(), world.revoked, world.ca), "--json")
    data = json.loads(said)

    assert (code, data["schema"], data["verdict"], beside) == (6, 1, "INVALID", "")
    (one,) = data["signatures"]
    assert (one["verdict"], one["reasons"], one["intact"]) == ("INVALID", ["revoked"], True)
    assert one["signer"]["numbers"] == [{"kind": "CCCD", "value": "001099000002"}]
    assert data["checked_for"] == "2026-11-24T03:00:00+00:00"
    assert set(data["words"]["revoked"]) == {"vi", "en"}


def test_without_roots_it_refuses(verify, world):
    """It would be easy to fall back on the machine's list of web authorities."""
    code, said, beside = verify(pdfs.signed(pdfs.blank(), world.citizen, world.ca), roots=False)

    assert (code, said) == (2, "")
    assert "--roots" in beside


def test_roots_that_cannot_be_used(verify, world, tmp_path):
    """An empty directory is no trust."""
    empty = tmp_path / "trong"
    empty.mkdir()
    code, _, beside = verify(pdfs.signed(pdfs.blank(), world.citizen), "--roots", str(empty), roots=False)

    assert code == 3
    assert "trong" in beside


def test_which_tree_is_asked_only_of_a_list(verify, world, place):
    """Certificates in a directory do not say whose they are."""
    raw = pdfs.signed(pdfs.blank(), world.citizen, world.ca)
    assert verify(raw, "--for", "citizen")[0] == 3

    listed = place / "listed"
    listed.mkdir()
    text = ""
    for name, root, tree, purpose in (
        ("a.crt", world.root, "NEAC", "signature"),
        ("b.crt", world.vgca_root, "VGCA", "signature"),
    ):
        (listed / name).write_bytes(root.der)
        text += entry(root.der, file=name, tree=tree, purpose=purpose)
    (listed / "trust.toml").write_text(text, "utf-8")
    assert verify(raw, "--for", "citizen", "--roots", str(listed), roots=False)[0] == 0
    code, said, _ = verify(raw, "--for", "official", "--roots", str(listed), "--json", roots=False)
    assert (code, json.loads(said)["signatures"][0]["reasons"]) == (6, ["wrong-tree"])


@pytest.mark.parametrize("options", [["--at", "hôm qua"], ["--for", "ai-do"], ["--content", "/khong/co"]])
def test_wrong_use(options, verify):
    """Said before anything is opened."""
    assert verify(pdfs.blank(), *options)[0] == 2


def test_the_expected_signer_and_place(verify, world):
    """A valid signature of somebody else, and of something else, is wrong."""
    raw = xmls.beside(world.citizen)

    assert verify(raw, "--element", "/HDon/DLHDon", "--signer", "001099000001", name="a.xml")[0] == 0
    assert verify(raw, "--element", "/HDon/DLHDon", "--signer", "001099000009", name="a.xml")[0] == 6
    code, said, _ = verify(raw, name="a.xml")
    assert (code, "--element" in said) == (7, True)


def test_a_name_from_a_certificate_cannot_write_on_the_terminal(verify, world):
    """Control and direction characters are taken out."""
    evil = world.ca.issue("Kẻ\x1b[2J\u202eGian", world.citizen.key)
    _, said, _ = verify(pdfs.signed(pdfs.blank(), evil, world.ca))

    assert "Kẻ[2JGian" in said
    assert "\x1b" not in said
    assert "\u202e" not in said


def test_help_loads_no_cryptography():
    """The command's table is read at every start."""
    script = (
        "import sys\nfrom adapters.cli.main import main\nmain(['--help'])\nmain(['signature', 'verify', '--help'])\n"
        "sys.exit(sorted({'pyhanko', 'signxml', 'lxml', 'cryptography', 'asn1crypto'} & sys.modules.keys()) or 0)\n"
    )
    done = subprocess.run(
        [sys.executable, "-c", script], cwd=ROOT, capture_output=True, text=True, check=False
    )

    assert done.returncode == 0, done.stderr

"""Each stored paper is judged once per list of roots; what lacked data again later."""

from __future__ import annotations

from datetime import timedelta

import pytest

from connectors.signature_check.trust import load
from jobs.signatures.judging import version_of
from tests.integration.signatures.conftest import NAMES, WHO, XML


def verdicts(world):
    return world.all(
        "select f.name, v.verdict, v.reasons, v.signatures, v.tries from signature_verdict v join stored_file f on f.id = v.file_id order by f.id"
    )


@pytest.fixture
def signed(world):
    """A signed paper of the dossier, as somebody else would hand it in."""
    world.open(world.paper("mau.pdf"))
    world.work()
    [(raw,)] = world.all("select content from stored_file where origin like 'signed:%%'")
    return bytes(raw)


def test_each_paper_is_judged_once(world, signed):
    """Signed, changed, unsigned, broken, and no document at all."""
    world.paper("da-ky.pdf", signed)
    world.paper("da-sua.pdf", signed.replace(b"(mau.pdf)", b"(MAU.pdf)"))
    world.paper("don.xml", XML)
    world.paper("hong.pdf", b"%PDF-hong")
    world.paper("anh.png", b"x", media_type="image/png")

    assert world.validation.run() == 6
    assert world.validation.run() == 0

    found = {name: verdict for name, verdict, *_ in verdicts(world)[2:]}
    assert found == {
        "da-ky.pdf": "VALID",
        "da-sua.pdf": "INVALID",
        "don.xml": "UNSIGNED",
        "hong.pdf": "MALFORMED",
    }
    assert world.line().count("signing.checked") == 4  # the unsigned ones are no news
    [[shown]] = {
        tuple(s) for (s,) in world.all("select signers from signature_verdict where verdict = 'VALID'")
    }
    assert shown == "T. T. K. T. •••••••••011"
    assert not any(word in str(world.all("select facts from event")) for word in (WHO["csc"], *NAMES))


def test_a_new_list_of_roots_judges_everything_anew(world, signed):
    """Another root is another version; the same files in another order, or other revocation lists, are not."""
    world.validation.run()
    before = len(verdicts(world))
    (world.folder / "crls" / "csc-9.der").write_bytes((world.folder / "crls" / "csc-0.der").read_bytes())
    world.clock.advance(120)
    assert world.validation.run() == 0

    for path in (world.folder / "roots").glob("csc-*"):
        path.unlink()
    world.clock.advance(120)
    assert world.validation.run() == before
    latest = world.all(
        "select verdict from signature_verdict where verdict <> 'UNSIGNED' order by at desc limit 1"
    )
    assert latest == [("INDETERMINATE",)]


def test_what_lacked_data_is_looked_at_again_with_growing_pauses(world, signed):
    """No revocation lists at first; when they are there the verdict becomes valid by itself."""
    for path in (world.folder / "crls").iterdir():
        path.unlink()
    world.clock.advance(120)
    world.validation.run()
    assert verdicts(world)[-1][1] == "INDETERMINATE"
    assert world.validation.run() == 0
    world.clock.advance(61)
    assert world.validation.run() == 1
    world.clock.advance(61)
    assert world.validation.run() == 0

    world.trust()
    world.clock.advance(timedelta(minutes=5).total_seconds())
    assert world.validation.run() == 1
    assert verdicts(world)[-1][1] == "VALID"
    assert world.validation.run() == 0


def test_a_run_costs_what_is_new(world):
    """Papers that were looked through are not looked at again, even to see that they were."""
    for number in range(3):
        world.paper(f"don-{number}.xml", XML)
    world.validation.run()
    world.clock.advance(3600)
    world.paper("don-moi.xml", XML)
    world.validation.run()

    [(upto,)] = world.all("select upto from signature_scan")
    assert upto == 3 + world.all("select min(id) from stored_file")[0][0] - 1
    assert len(verdicts(world)) == 4


def test_what_is_being_signed_is_no_paper(world):
    """The prepared file has a hole for a signature: it would be found broken."""
    world.citizen("smartca", does="ignore")
    world.open(world.paper(), provider="smartca")
    world.work()
    assert world.left_overs() == 1

    world.validation.run()

    assert [row[1] for row in verdicts(world)] == ["UNSIGNED"]


def test_the_version_is_of_roots_and_issuers_only(world):
    """Named by content, not by file names."""
    first = load(world.folder / "roots", world.folder / "between")
    (world.folder / "roots" / "csc-0.der").rename(world.folder / "roots" / "zz.der")

    assert version_of(first) == version_of(load(world.folder / "roots", world.folder / "between"))
    assert version_of(first) != version_of(load(world.folder / "roots"))

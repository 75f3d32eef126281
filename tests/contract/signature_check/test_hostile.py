"""Files made to break the reader, and limits made to be hit. Every one gets a verdict; the next file gets a sound worker."""

from __future__ import annotations

import os
import resource
import zlib
from datetime import timedelta
from pathlib import Path

import pytest

from connectors.signature_check.asked import Asked, packed
from connectors.signature_check.isolation import Pool, Worker
from connectors.signature_check.settings import Limits
from mappings.canonical.signature import Reason, Verdict
from tests.contract.signature_check import pdfs, xmls
from tests.contract.signature_check.pki import NOW


@pytest.fixture(scope="session")
def good(world):
    """PAdES B-B of a citizen."""
    return pdfs.signed(pdfs.blank(), world.citizen, world.ca)


NOT_FILES = {
    "empty": (b"", Reason.EMPTY),
    "garbage": (os.urandom(2_000).replace(b"<", b"x"), Reason.NOT_PDF_OR_XML),
    "text": ("Đơn đề nghị".encode(), Reason.NOT_PDF_OR_XML),
    "html": (b"<html><body>502<br></body></html>", Reason.UNREADABLE),
    "head only": (b"%PDF-1.7\n", Reason.UNREADABLE),
    "deep arrays": (
        pdfs.assembled([b"<</Type/Catalog/AcroForm " + b"[" * 5_000 + b"]" * 5_000 + b">>"]),
        Reason.UNREADABLE,
    ),
    "table in a circle": (
        b"%PDF-1.7\nxref\n0 1\n0000000000 65535 f \ntrailer\n<</Size 1/Root 1 0 R/Prev 9>>\nstartxref\n9\n%%EOF\n",
        Reason.UNREADABLE,
    ),
    "form in a circle": (
        pdfs.assembled([b"<</Type/Catalog/AcroForm<</Fields[2 0 R]>>>>", b"<</T(a)/FT/Sig/Kids[2 0 R]>>"]),
        None,
    ),
}


@pytest.mark.parametrize("kind", NOT_FILES)
def test_what_is_no_signed_file(kind, check):
    """Bare TypeError, RecursionError and the like end as a verdict with a reason."""
    raw, reason = NOT_FILES[kind]
    report = check(raw)

    assert report.verdict is Verdict.MALFORMED or (reason is None and report.verdict is Verdict.UNSIGNED), (
        report
    )
    assert reason is None or report.reasons == (reason,)


@pytest.mark.parametrize("share", [0.1, 0.3, 0.5, 0.7, 0.9, 0.99])
def test_a_cut_file(share, check, good):
    """A file that did not arrive whole."""
    report = check(good[: int(len(good) * share)])

    assert report.verdict in (Verdict.MALFORMED, Verdict.UNSIGNED)


@pytest.mark.parametrize(
    "change",
    [
        (b"/ByteRange [", b"/ByteRange null %"),
        (b"/Contents <30", b"/Contents <31"),
        (b"/SubFilter /ETSI.CAdES.detached", b"/SubFilter [1 2 3 4 5 6 7 8]       "),
    ],
)
def test_broken_signature_dictionaries(change, check, good):
    """The library lets TypeError and ValueError out."""
    assert change[0] in good
    report = check(good.replace(*change))

    assert report.verdict in (Verdict.MALFORMED, Verdict.INVALID), report


@pytest.mark.parametrize("contents", [b"", b"\x00", b"junk" * 100, b"\x30\x80" * 1_000])
def test_junk_in_place_of_a_signature(contents, only):
    """An empty or senseless value is malformed, not absent."""
    assert only(pdfs.by_hand(b"adbe.pkcs7.detached", lambda _: contents)).reasons == (
        Reason.SIGNATURE_MALFORMED,
    )


def test_every_byte_of_the_signature_matters(check, good):
    """Flipped here and there, it is never valid and never an accident."""
    begin = good.index(b"/Contents <") + 11
    end = good.index(b"00000000000000", begin)
    for place in range(begin, end, (end - begin) // 40):
        digit = b"0" if good[place : place + 1] != b"0" else b"1"
        report = check(good[:place] + digit + good[place + 1 :])
        # A digit of a certificate that we hold ourselves may not matter; the signed bytes always do.
        assert report.verdict is not Verdict.VALID or report.signatures[0].intact
        assert report.signatures, place


def test_a_string_without_end(check, pool):
    """50 MB of it would take the reader 35 s and 4.3 GB: counted before it begins."""
    for raw in (
        pdfs.by_hand(b"adbe.pkcs7.detached", lambda _: b"").replace(
            b"/Contents <", b"/Contents <" + b"30" * 300_000
        ),
        pdfs.blank() + b"\n9 0 obj<</Contents (" + b"x" * 3_000_000 + b")>>endobj",
        pdfs.blank() + b"\n9 0 obj<" + b"0 \n" * 1_000_000 + b">endobj",
    ):
        assert check(raw).reasons == (Reason.SIGNATURE_TOO_LONG,)
    assert check(pdfs.blank(pad=3_000_000)).reasons == (Reason.NO_SIGNATURE,)


def test_too_large(check, trust, tmp_path):
    """Told by size alone."""
    limits = Limits(pdf_bytes=2_000, xml_bytes=500, workers=1)
    path = tmp_path / "to.pdf"
    with Pool(limits) as small:
        path.write_bytes(pdfs.blank(pad=2_000))
        assert small.check(path, Asked(NOW), packed(trust)).reasons == (Reason.TOO_LARGE,)
        path.write_bytes(b"<a>" + b"x" * 500 + b"</a>")
        assert small.check(path, Asked(NOW), packed(trust)).reasons == (Reason.TOO_LARGE,)


def test_a_stream_that_unpacks_to_a_gigabyte(check):
    """Stopped while it unpacks."""
    packed_stream = zlib.compress(b"\0" * 300_000_000, 9)
    raw = pdfs.assembled([b"<</Type/Catalog/Pages 2 0 R>>"])
    offset = len(raw)
    raw += b"2 0 obj\n<</Type/XRef/Size 9/W[1 2 1]/Root 1 0 R/Filter/FlateDecode/Length %d>>\nstream\n" % len(
        packed_stream
    )
    raw += packed_stream + b"\nendstream\nendobj\nstartxref\n%d\n%%%%EOF\n" % offset

    assert check(raw).verdict is Verdict.MALFORMED


def test_too_many_signatures(trust, world, tmp_path):
    """A file that keeps us busy."""
    path = tmp_path / "nhieu.xml"
    path.write_bytes(xmls.beside(world.company, xmls.beside(world.citizen)))
    with Pool(Limits(signatures=1, workers=1)) as small:
        assert small.check(path, Asked(NOW), packed(trust)).reasons == (Reason.TOO_MANY_SIGNATURES,)


def test_the_time_limit_is_the_files_fault_when_it_was_worked(world, trust, good, tmp_path):
    """After it the next file is judged by a new worker."""
    path, next_path = tmp_path / "cham.pdf", tmp_path / "tot.pdf"
    objects = [b"<</Type/Catalog/Pages 2 0 R/AcroForm<</Fields[3 0 R]>>>>", b"<</Type/Pages/Kids[]/Count 0>>", b"<</FT/Sig/T(a)/V 4 0 R>>"]  # fmt: skip
    objects.append(b"[" + b"(a)" * 3_000_000 + b"]")
    path.write_bytes(pdfs.assembled(objects))
    next_path.write_bytes(good)
    with Pool(Limits(seconds=0.6, workers=1)) as pool:
        slow = pool.check(path, Asked(NOW), packed(trust))
        assert slow.reasons == (Reason.TIME_LIMIT,)
        assert slow.verdict is Verdict.MALFORMED
    with Pool(Limits(workers=1)) as pool:
        assert pool.check(next_path, Asked(NOW), packed(trust)).verdict is Verdict.VALID


def test_silence_without_work_is_not_the_files_fault(trust, good, tmp_path):
    """A stopped or starved worker says nothing about the file: try again."""
    import signal

    path = tmp_path / "tot.pdf"
    path.write_bytes(good)
    worker = Worker(Limits(seconds=0.3, workers=1))
    os.kill(worker.pid, signal.SIGSTOP)
    report = worker.check(path, "tot.pdf", Asked(NOW), packed(trust))

    assert (report.verdict, report.reasons) == (Verdict.INDETERMINATE, (Reason.CHECKER_SLOW,))
    assert report.worth_trying_again
    assert worker.used_up


def test_the_memory_limit(trust, world, tmp_path):
    """XML costs about seventeen times its size; here the wall is lower than that."""
    path = tmp_path / "to.xml"
    body = b"<a>" + b"<b c='d'>e</b>" * 600_000 + b"</a>"
    path.write_bytes(xmls.enveloped(world.citizen).replace(b"<DLHDon", body + b"<DLHDon"))
    worker = Worker(Limits(workers=1))
    lines = Path(f"/proc/{worker.pid}/status").read_text().splitlines()
    worker.close()
    at_rest = next(int(line.split()[1]) for line in lines if line.startswith("VmSize")) * 1024
    with Pool(Limits(address_space_bytes=at_rest + 60_000_000, workers=1)) as pool:
        report = pool.check(path, Asked(NOW), packed(trust))

    assert report.verdict is Verdict.MALFORMED
    assert report.reasons == (Reason.MEMORY_LIMIT,)


def test_a_killed_worker_costs_one_verdict_and_no_more(trust, good, tmp_path):
    """The pool goes on with another process."""
    import signal

    path = tmp_path / "tot.pdf"
    path.write_bytes(good)
    with Pool(Limits(workers=1)) as pool:
        assert pool.check(path, Asked(NOW), packed(trust)).verdict is Verdict.VALID
        os.kill(pool._free[0].pid, signal.SIGKILL)
        assert pool.check(path, Asked(NOW), packed(trust)).verdict is Verdict.VALID


def test_workers_are_replaced_after_their_files(trust, good, tmp_path):
    """What one file leaves behind does not grow for ever."""
    path = tmp_path / "tot.pdf"
    path.write_bytes(good)
    with Pool(Limits(files_per_worker=2, workers=1)) as pool:
        seen = []
        for _ in range(3):
            pool.check(path, Asked(NOW), packed(trust))
            seen.append([worker.pid for worker in pool._free])
    assert seen[1] == []
    assert seen[0] != seen[2]


def test_one_file_does_not_colour_the_next(check, world, good, trust):
    """Contexts are made anew: a certificate that one file carries vouches for nothing in another."""
    bare = packed(trust)
    without = pdfs.signed(pdfs.blank(), world.citizen)
    from connectors.signature_check.trust import Trust

    roots_only = Trust(trust.roots, (), trust.crls)
    assert bare
    assert check(good, trust=roots_only).verdict is Verdict.VALID
    assert check(without, trust=roots_only).signatures[0].reasons == (Reason.UNKNOWN_ROOT,)


def test_a_worker_has_no_way_out(tmp_path):
    """Whoever breaks in opens no connection, starts no program and writes no file."""
    import subprocess
    import sys

    script = (
        "import socket, subprocess, sys, os\n"
        "from connectors.signature_check.worker import _walled\n"
        "_walled(2**30)\n"
        "for name, act in (\n"
        "    ('connect', lambda: socket.create_connection(('127.0.0.1', 9))),\n"
        "    ('name', lambda: socket.getaddrinfo('crl.example', 80)),\n"
        "    ('program', lambda: subprocess.Popen(['true'])),\n"
        "    ('fork', os.fork),\n"
        "):\n"
        "    try:\n"
        "        act()\n"
        "    except PermissionError:\n"
        "        continue\n"
        "    sys.exit(name)\n"
        f"file = open({str(tmp_path / 'x')!r}, 'w')\n"
        "import signal; signal.signal(signal.SIGXFSZ, signal.SIG_IGN)\n"
        "try:\n"
        "    file.write('x'); file.flush()\n"
        "except OSError:\n"
        "    os._exit(0)\n"
        "sys.exit('file')\n"
    )
    done = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr


def test_no_secret_of_ours_is_in_a_worker(monkeypatch):
    """The environment of a process that opens other people's files is made, not inherited."""
    monkeypatch.setenv("LIENTHONG_DATABASE_URL", "postgres://secret")
    worker = Worker(Limits(workers=1))
    held = Path(f"/proc/{worker.pid}/environ").read_text()
    limits = resource.prlimit(worker.pid, resource.RLIMIT_AS)
    worker.close()

    assert "secret" not in held
    assert limits[0] == Limits().address_space_bytes


def test_a_pool_that_cannot_start_says_so(monkeypatch, trust, good, tmp_path):
    """Not the file's fault, not an exception."""
    import sys

    monkeypatch.setattr(sys, "executable", "/nonexistent")
    path = tmp_path / "tot.pdf"
    path.write_bytes(good)
    with Pool(Limits(workers=1)) as pool:
        report = pool.check(path, Asked(NOW + timedelta(0)), packed(trust))
    assert report.reasons == (Reason.CHECKER_FAILED,)

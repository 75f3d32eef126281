"""A pack can be checked by anybody without us, and nothing in it can be changed unseen."""

from __future__ import annotations

import base64
import io
import json
import re
import subprocess
import sys
import zipfile
from collections.abc import Callable
from pathlib import Path

import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from jobs.errors import NotAllowed, NotFound
from jobs.evidence.service import Evidence
from jobs.evidence.signing import Signer
from tests.contract.kit.conftest import plain, served  # noqa: F401 - fixtures
from tests.integration.evidence.conftest import ANN, BINH, CODE, NAME, NUMBER, exchange, note
from tests.integration.evidence.test_bodies import ANSWER, SENT, delivered
from tests.integration.evidence.test_chain import seal_all

TOOL = Path(__file__).parents[3] / "docs/tools/verify_evidence.py"
SIGNER = Signer(Ed25519PrivateKey.from_private_bytes(bytes(range(32))))


@pytest.fixture
def evidence(keeping, clock, plain, served, owner) -> Evidence:  # noqa: F811
    """A dossier with one delivered effect among the exchanges of others, over two days, sealed."""
    plain.answer = plain.answer.__class__(200, {"Content-Type": "application/json"}, ANSWER)
    owner.execute(
        """insert into dossier (code, state, agency, procedure, applicant_name, folded, updated_at)
           values (%s, 'open', 'H21', '1.1', %s, 'x', now())""",
        (CODE, NAME),
    )
    owner.execute(
        """insert into event (at, dossier_code, subject, kind, actor, facts)
           values (now(), %s, 'dossier:x', 'dossier.received', 'system', jsonb_build_object('applicant', %s::text))""",
        (CODE, NAME),
    )
    note(keeping, *(exchange(number) for number in range(4)))
    delivered(keeping, clock, served, ("a", CODE), ("other", "H21-another"))
    owner.execute("update effect set payload = jsonb_build_object('citizen', %s::text)", (NUMBER,))
    seal_all(keeping)
    note(keeping, *(exchange(number) for number in range(4, 7)))
    seal_all(keeping)
    clock.advance(days=1)
    delivered(keeping, clock, served, ("b", CODE))
    seal_all(keeping)
    return Evidence(keeping, keeping.keeper, SIGNER)


def run(pack: Path, *more: str) -> tuple[int, str]:
    """The verifier as a stranger runs it: another process, nothing of ours in its path."""
    done = subprocess.run(
        [sys.executable, "-I", str(TOOL), str(pack), *more], capture_output=True, text=True, check=False, cwd="/"
    )  # fmt: skip
    assert done.stderr == ""
    return done.returncode, done.stdout


def written(tmp_path: Path, content: bytes) -> Path:
    path = tmp_path / "pack.zip"
    path.write_bytes(content)
    return path


def files(content: bytes) -> dict[str, bytes]:
    with zipfile.ZipFile(io.BytesIO(content)) as opened:
        return {name: opened.read(name) for name in opened.namelist()}


def zipped(found: dict[str, bytes]) -> bytes:
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w") as made:
        for name, content in found.items():
            made.writestr(name, content)
    return out.getvalue()


def signed(found: dict[str, bytes]) -> bytes:
    """Somebody with the key makes a pack of changed files: only chain and digests can tell."""
    import hashlib

    manifest = json.loads(found["manifest.json"])
    rest = {name: raw for name, raw in found.items() if not name.startswith("manifest.")}
    manifest["files"] = {name: hashlib.sha256(raw).hexdigest() for name, raw in rest.items()}
    raw = json.dumps(manifest).encode()
    return zipped({**rest, "manifest.json": raw, "manifest.sig": SIGNER.sign(raw)})


def test_a_pack_without_bodies_fits_and_names_nobody(evidence, tmp_path):
    """What leaves the house by default holds no person."""
    content = evidence.export(CODE, reason="Tòa án yêu cầu", bodies=False, actor=ANN)
    code, said = run(written(tmp_path, content), "--key", SIGNER.public)

    assert (code, "KHỚP / FITS" in said) == (0, True), said
    assert "2 exchanges, 0 bodies" in said
    everything = b"".join(files(content).values()).decode()
    assert [word for word in (NAME, NUMBER, "Cẩm Quỳnh") if word in everything] == []


def test_a_pack_with_bodies_holds_them_as_they_were(evidence, tmp_path, keeping):
    """And each is proved by the digest that was sealed."""
    content = evidence.export(CODE, reason="Tòa án yêu cầu", bodies=True, actor=ANN)
    found = files(content)
    bodies = {name: raw for name, raw in found.items() if name.startswith("bodies/")}
    code, said = run(written(tmp_path, content), "--key", SIGNER.public)

    assert code == 0, said
    assert sorted(bodies.values()) == sorted([SENT, SENT, ANSWER, ANSWER])
    assert NUMBER in found["effects.jsonl"].decode()
    head = json.loads(found["chain.json"])["days"][0]["seals"][-1]["digest"]
    assert run(written(tmp_path, content), "--key", SIGNER.public, "--head", head)[0] == 0
    assert run(written(tmp_path, content), "--key", SIGNER.public, "--head", "00" * 32)[0] == 1


def test_taking_evidence_out_is_written_down(evidence, keeping):
    """Who, which dossier, with bodies or not, why, and which pack."""
    evidence.export(CODE, reason="Tòa án yêu cầu", bodies=True, actor=ANN)
    with keeping.transaction("look") as tx:
        [row] = tx.fetch("select * from audit where action = 'export-evidence'")
    assert (row["actor"], row["dossier_code"], row["reason"]) == ("person:ann", CODE, "Tòa án yêu cầu")
    assert row["facts"]["bodies"] is True
    with pytest.raises(NotAllowed):
        evidence.export(CODE, reason=" ", bodies=False, actor=ANN)
    with pytest.raises(NotFound):
        evidence.export("H-none", reason="vì sao", bodies=False, actor=ANN)
    with pytest.raises(NotAllowed) as raised:
        Evidence(keeping, keeping.keeper).export(CODE, reason="vì sao", bodies=False, actor=ANN)
    assert raised.value.reason == "no-signing-key"


def test_after_an_erasure_the_pack_says_so_and_still_fits(evidence, tmp_path):
    """Erased is not lost: the calls, their times and the chain are there."""
    evidence.ask_erasure(CODE, reason="Hết hạn", actor=ANN)
    evidence.decide_erasure(CODE, accept=True, reason="Đúng hạn", actor=BINH)
    content = evidence.export(CODE, reason="Kiểm tra", bodies=True, actor=ANN)

    assert run(written(tmp_path, content), "--key", SIGNER.public)[0] == 0
    assert not [name for name in files(content) if name.startswith("bodies/")]
    assert json.loads(files(content)["manifest.json"])["bodies_destroyed_at"]


def line(raw: bytes, change: Callable[[list[dict]], None]) -> bytes:
    rows = [json.loads(each) for each in raw.splitlines()]
    change(rows)
    return b"".join(json.dumps(row, ensure_ascii=False).encode() + b"\n" for row in rows)


def chain(found: dict[str, bytes], change: Callable[[dict], None]) -> None:
    value = json.loads(found["chain.json"])
    change(value)
    found["chain.json"] = json.dumps(value).encode()


FORGED: dict[str, Callable[[dict[str, bytes]], None]] = {
    "a changed answer": lambda f: f.update({n: b"{}" for n in f if n.endswith(".response")}),
    "a changed outcome": lambda f: f.update(
        {"exchanges.jsonl": line(f["exchanges.jsonl"], lambda rows: rows[0].update(outcome="Rejected"))}
    ),
    "a moved time": lambda f: f.update(
        {"exchanges.jsonl": line(f["exchanges.jsonl"], lambda rows: rows[0].update(at="2026-11-22T01:00:00+00:00"))}
    ),
    "a changed summary": lambda f: f.update(
        {"exchanges.jsonl": line(f["exchanges.jsonl"], lambda rows: rows[0]["request_summary"].update(path="/x"))}
    ),
    "an exchange put in": lambda f: f.update(
        {"exchanges.jsonl": line(f["exchanges.jsonl"], lambda rows: rows.append({**rows[-1], "id": rows[-1]["id"] + 1}))}
    ),
    "rows in another order": lambda f: f.update(
        {"exchanges.jsonl": line(f["exchanges.jsonl"], lambda rows: rows.reverse())}
    ),
    "a body of nothing": lambda f: f.update({"bodies/999999.request": SENT}),
    "a seal left out": lambda f: chain(f, lambda c: c["days"][0]["seals"].pop(0)),
    "a cut tail": lambda f: chain(f, lambda c: c["days"][0]["seals"].pop()),
    "a leaf changed": lambda f: chain(
        f, lambda c: next(s for s in c["days"][0]["seals"] if "leaves" in s)["leaves"][0].__setitem__(1, "00" * 32)
    ),
    "another start": lambda f: chain(f, lambda c: c["days"][1].update(before="11" * 32)),
}  # fmt: skip


@pytest.mark.parametrize("what", sorted(FORGED))
def test_a_changed_pack_is_found_even_when_it_is_signed_again(evidence, tmp_path, what):
    """With our key and with another's: digests and chain speak for themselves."""
    found = files(evidence.export(CODE, reason="Kiểm tra", bodies=True, actor=ANN))
    FORGED[what](found)

    for made in (signed(found), zipped(found)):
        code, said = run(written(tmp_path, made), "--key", SIGNER.public)
        assert (code, "WRONG" in said) == (1, True), said


def test_another_signer_a_broken_file_and_a_missing_one_are_found(evidence, tmp_path):
    """A pack of somebody else, half a pack, no pack."""
    content = evidence.export(CODE, reason="Kiểm tra", bodies=False, actor=ANN)
    other = base64.b64encode(
        Ed25519PrivateKey.from_private_bytes(bytes(32)).public_key().public_bytes_raw()
    ).decode()
    assert run(written(tmp_path, content), "--key", other)[0] == 1
    code, said = run(written(tmp_path, content))
    assert (code, "NOTE: no --key" in said) == (0, True)
    assert run(written(tmp_path, content[: len(content) // 2]), "--key", SIGNER.public)[0] == 1
    assert run(written(tmp_path, b""), "--key", SIGNER.public)[0] == 1
    for name in files(content):
        rest = files(content)
        del rest[name]
        assert run(written(tmp_path, zipped(rest)), "--key", SIGNER.public)[0] == 1, name


def test_the_verifier_uses_nothing_of_ours():
    """It is handed to people who do not trust us."""
    used = set(re.findall(r"^\s*(?:from|import) ([a-z0-9_]+)", TOOL.read_text(), re.MULTILINE))
    assert used <= set(sys.stdlib_module_names) | {"cryptography"}

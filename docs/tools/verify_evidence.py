#!/usr/bin/env python3
"""Kiểm tra một gói chứng cứ mà không cần Liên Thông. Checks a pack of evidence without Liên Thông.

    python3 verify_evidence.py PACK.zip [--key PUBLIC_KEY] [--head HEX]

Needs Python 3.9 or newer and the package ``cryptography``, nothing else.

--key   the signer's Ed25519 public key, from somewhere else than the pack: base64 of 32 bytes, or a PEM file.
--head  digest of a day's last seal (64 hexadecimal digits), as it was noted elsewhere; one of the days must end with it.

Exit code 0: everything fits; 1: something does not; 2: wrong use. Without --key the signature is checked against the key that
lies in the pack itself, which proves only that the pack is whole, not who made it; this is said.
"""

import argparse
import base64
import hashlib
import json
import re
import sys
import zipfile
from datetime import datetime, timezone

FORMAT = "lienthong-evidence-1"
MOST_BYTES = 2_000_000_000
CUT_AT = 65_536
FIELDS = (
    "system", "operation", "direction", "reference", "effect_id", "attempt", "status", "outcome", "duration_ms",
    "request_digest", "response_digest",
)  # fmt: skip


class Findings:
    """What was found, in order."""

    def __init__(self):
        self.wrong = []
        self.said = []

    def bad(self, text):
        self.wrong.append(text)

    def say(self, text):
        self.said.append(text)


def no_duplicates(pairs):
    keys = [key for key, _ in pairs]
    if len(set(keys)) != len(keys):
        raise ValueError("a key stands twice in an object")
    return dict(pairs)


def read_json(raw):
    return json.loads(raw.decode("utf-8"), object_pairs_hook=no_duplicates)


def read_lines(raw):
    return [read_json(line) for line in raw.splitlines() if line.strip()]


def files_of(path):
    """Name -> content. A name that stands twice, or a ZIP that would fill the disk, is refused."""
    with zipfile.ZipFile(path) as opened:
        infos = opened.infolist()
        if sum(info.file_size for info in infos) > MOST_BYTES:
            raise ValueError("the pack is too large")
        names = [info.filename for info in infos]
        if len(set(names)) != len(names):
            raise ValueError("a file stands twice in the pack")
        return {name: opened.read(name) for name in names}


def public_key(text):
    from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey
    from cryptography.hazmat.primitives.serialization import load_pem_public_key

    if re.fullmatch(r"[A-Za-z0-9+/]{43}=", text):
        return Ed25519PublicKey.from_public_bytes(base64.b64decode(text))
    with open(text, "rb") as file:
        key = load_pem_public_key(file.read())
    if not isinstance(key, Ed25519PublicKey):
        raise ValueError("--key is no Ed25519 public key")
    return key


def check_manifest(files, key_text, found):
    """Signature, and every file by its digest. Gives the manifest."""
    from cryptography.exceptions import InvalidSignature

    raw = files["manifest.json"]
    manifest = read_json(raw)
    if manifest.get("format") != FORMAT:
        raise ValueError("another format: {!r}".format(manifest.get("format")))
    try:
        public_key(key_text or manifest["public_key"]).verify(
            base64.b64decode(files["manifest.sig"], validate=True), raw
        )
    except InvalidSignature:
        found.bad("the signature of the manifest does not fit" + (" the given key" if key_text else ""))
    if not key_text:
        found.say("NOTE: no --key was given: the signature proves that the pack is whole, not who made it")
    stated = manifest["files"]
    for name in sorted(set(stated) | (set(files) - {"manifest.json", "manifest.sig"})):
        if name not in files:
            found.bad(f"{name} is missing")
        elif name not in stated:
            found.bad(f"{name} is not in the manifest")
        elif hashlib.sha256(files[name]).hexdigest() != stated[name]:
            found.bad(f"{name} is not as it was signed")
    return manifest


def hashed(before, parts):
    return hashlib.sha256(before + json.dumps(parts, ensure_ascii=False).encode("utf-8")).digest()


def written(value):
    return json.dumps(value, sort_keys=True, ensure_ascii=False, separators=(",", ":"))


def leaf(row):
    """The digest of one exchange."""
    at = datetime.fromisoformat(row["at"]).astimezone(timezone.utc).isoformat()
    parts = [row["id"], at] + [row[name] for name in FIELDS]
    return hashed(b"", [*parts, written(row["request_summary"]), written(row["response_summary"])])


def check_chain(chain, exchanges, head, found):
    """Rows against leaves, leaves against seals, seals against each other and against the end of their day."""
    leaves, heads, last_day = {}, [], ""
    for day in chain["days"]:
        if day["day"] <= last_day:
            found.bad("{}: days are out of order".format(day["day"]))
        last_day, before, number, until = day["day"], bytes.fromhex(day["before"]), None, None
        for seal in day["seals"]:
            name = "{}, seal {}".format(day["day"], seal["number"])
            if number is not None and (seal["number"], seal["after_id"]) != (number + 1, until):
                found.bad(f"{name} does not follow the one before")
            number, until = seal["number"], seal["until_id"]
            if "leaves" in seal:
                check_leaves(seal, name, leaves, found)
            facts = [number, day["day"], seal["after_id"], until, seal["rows"], seal["leaves_digest"]]
            digest = hashed(before, facts)
            if digest.hex() != seal["digest"]:
                found.bad(f"{name} does not fit what it seals")
            before = digest
        heads.append(before.hex())
        check_closing(day, before, number, found)
    if head and head.lower() not in heads:
        found.bad("no day ends with the digest that was noted elsewhere")
    unsealed = set(chain["unsealed"])
    for row in exchanges:
        if row["id"] in leaves:
            if leaf(row) != leaves[row["id"]]:
                found.bad("exchange {} is not as it was sealed".format(row["id"]))
        elif row["id"] in unsealed:
            found.say("NOTE: exchange {} was not sealed yet when the pack was made".format(row["id"]))
        else:
            found.bad("exchange {} is in no seal".format(row["id"]))


def check_leaves(seal, name, leaves, found):
    numbers = [number for number, _ in seal["leaves"]]
    if numbers != sorted(set(numbers)) or len(numbers) != seal["rows"]:
        found.bad(f"{name}: its rows are not those that it counted")
    if any(not seal["after_id"] < number <= seal["until_id"] for number in numbers):
        found.bad(f"{name}: a row of another seal")
    raw = [bytes.fromhex(each) for _, each in seal["leaves"]]
    if hashlib.sha256(b"".join(raw)).hexdigest() != seal["leaves_digest"]:
        found.bad(f"{name}: the digests of its rows do not fit")
    leaves.update(zip(numbers, raw))


def check_closing(day, digest, number, found):
    closing = day["closing"]
    if closing is None:
        found.say("NOTE: {} was not over when the pack was made".format(day["day"]))
        return
    rows = sum(seal["rows"] for seal in day["seals"])
    if (closing["seals"], closing["rows"], closing["head"]) != (number, rows, digest.hex()):
        found.bad("{} did not end as its seals say".format(day["day"]))


def check_bodies(files, exchanges, found):
    """Each body against the salted digest of its exchange."""
    rows = {row["id"]: row for row in exchanges}
    for name in sorted(files):
        match = re.fullmatch(r"bodies/([0-9]{1,18})\.(request|response)", name)
        if not match:
            if name.startswith("bodies/"):
                found.bad(f"{name} belongs to nothing")
            continue
        row, body = rows.get(int(match.group(1))), files[name]
        if row is None:
            found.bad(f"{name} belongs to no exchange")
            continue
        salt, _, digest = row[f"{match.group(2)}_digest"].partition(":")
        if hashlib.sha256(bytes.fromhex(salt) + body).hexdigest() == digest:
            continue
        if len(body) == CUT_AT:
            found.say(f"NOTE: {name} was cut at {CUT_AT} bytes and cannot be checked")
        else:
            found.bad(f"{name} is not what was sent or received")


def check(path, key, head):
    """Everything; gives what was found."""
    found = Findings()
    try:
        files = files_of(path)
        manifest = check_manifest(files, key, found)
        exchanges = read_lines(files["exchanges.jsonl"])
        ids = [row["id"] for row in exchanges]
        if ids != sorted(set(ids)):
            found.bad("exchanges are out of order")
        check_chain(read_json(files["chain.json"]), exchanges, head, found)
        check_bodies(files, exchanges, found)
        bodies = sum(name.startswith("bodies/") for name in files)
        made = "made {} by {}".format(manifest["made_at"], manifest["made_by"])
        found.say(
            "dossier {}, {}: {} exchanges, {} bodies".format(
                manifest["dossier"], made, len(exchanges), bodies
            )
        )
    except (
        KeyError,
        TypeError,
        ValueError,
        AttributeError,
        OSError,
        RecursionError,
        zipfile.BadZipFile,
    ) as exc:
        found.bad(f"the pack cannot be read: {type(exc).__name__}: {exc}")
    return found


def main():
    parser = argparse.ArgumentParser(description="Kiểm tra gói chứng cứ. / Checks a pack of evidence.")
    parser.add_argument("pack")
    parser.add_argument("--key", default="", help="base64 (32 byte) or PEM file")
    parser.add_argument("--head", default="", help="hexadecimal")
    given = parser.parse_args()
    found = check(given.pack, given.key, given.head)
    for line in found.said:
        print(line)
    for line in found.wrong:
        print("WRONG: " + line)
    print("KHÔNG KHỚP / DOES NOT FIT" if found.wrong else "KHỚP / FITS")
    return 1 if found.wrong else 0


if __name__ == "__main__":
    sys.exit(main())

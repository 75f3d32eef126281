"""Files of others: named, licensed, unchanged, and asking no other host for anything."""

from __future__ import annotations

import hashlib
import json
import re
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[3]
STATIC = ROOT / "adapters" / "dashboard" / "static"
FOLDERS = (STATIC / "vendor", ROOT / "tests" / "browser" / "vendor")
# Names of XML vocabularies look like addresses and are never fetched.
_VOCABULARY = re.compile(rb"https?://www\.w3\.org/\d{4}/[a-zA-Z/]+")


@pytest.mark.parametrize("folder", FOLDERS, ids=lambda folder: folder.parent.name)
def test_every_file_is_named_with_its_hash_and_licence(folder):
    """A changed byte in somebody else's code is somebody else's code no more."""
    manifest = json.loads((folder / "manifest.json").read_text())
    listed = {}
    for package in manifest["packages"]:
        assert package["name"]
        assert package["version"]
        assert package["licence"]
        assert (folder / package["licence_file"]).stat().st_size > 100
        listed |= package["files"]
    there = {
        path.relative_to(folder).as_posix(): hashlib.sha256(path.read_bytes()).hexdigest()
        for path in folder.rglob("*")
        if path.is_file() and path.name != "manifest.json"
    }
    assert there == listed


def test_nothing_that_browsers_load_names_another_host():
    """Everything works on a closed network."""
    for path in STATIC.rglob("*"):
        if path.suffix in (".js", ".css", ".svg"):
            assert not re.search(rb"https?://", _VOCABULARY.sub(b"", path.read_bytes())), path


def test_scripts_of_a_page_stay_small():
    """About 40 KB of gzipped script per page."""
    import gzip

    scripts = [STATIC / "app.js", *sorted((STATIC / "vendor" / "htmx").glob("*.js"))]
    assert sum(len(gzip.compress(path.read_bytes())) for path in scripts) < 40_000

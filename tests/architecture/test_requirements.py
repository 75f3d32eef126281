"""The compiled requirements install the same thing anywhere, from whatever index a machine has."""

from __future__ import annotations

import re
import tomllib

import pytest

from tests.architecture.sources import ROOT

FILES = ("requirements.txt", "requirements-dev.txt", "requirements-bench.txt")


@pytest.mark.parametrize("file", FILES)
def test_no_address_and_no_local_path_is_in_it(file):
    """An index address in the file would be asked by every machine that installs it."""
    text = (ROOT / file).read_text()

    assert "://" not in text
    assert not re.search(
        r"^\s*(-i|--index|--extra-index|--find-links|-e|file:|\.{0,2}/)", text, flags=re.MULTILINE
    )


@pytest.mark.parametrize("file", FILES)
def test_every_requirement_has_a_version_and_a_hash(file):
    """A package without a hash is whatever somebody put there."""
    for block in re.split(r"\n(?=\S)", (ROOT / file).read_text().strip()):
        assert re.match(r"^[A-Za-z0-9._-]+(\[[a-z,]+\])?==\S+", block), block
        assert "--hash=sha256:" in block, block


def test_everything_that_the_project_asks_for_is_in_it():
    """A dependency that was added and not compiled is missing on the next fresh machine."""
    project = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]
    for file, wanted in (
        ("requirements.txt", project["dependencies"]),
        ("requirements-dev.txt", project["optional-dependencies"]["dev"]),
        ("requirements-bench.txt", project["optional-dependencies"]["bench"]),
    ):
        have = {re.split(r"[=\[;]", line)[0].lower() for line in (ROOT / file).read_text().splitlines()}
        for requirement in wanted:
            named = re.split(r"[^A-Za-z0-9._-]", requirement)[0].lower().replace("_", "-")
            assert named in have, f"{named} is not in {file}: run make requirements"

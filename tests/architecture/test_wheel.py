"""The wheel holds exactly the five packages, with their data, and nothing else."""

from __future__ import annotations

import subprocess
import sys
import zipfile
from pathlib import Path

import pytest

from tests.architecture.sources import PACKAGES, ROOT


@pytest.fixture(scope="module")
def content(tmp_path_factory) -> set[str]:
    """Names in a wheel built from a copy of what git knows."""
    copy, out = tmp_path_factory.mktemp("copy"), tmp_path_factory.mktemp("wheel")
    listed = subprocess.run(
        ["git", "ls-files", "-z", "--cached", "--others", "--exclude-standard", *PACKAGES, "pyproject.toml"],
        cwd=ROOT, capture_output=True, check=True,
    ).stdout.decode().split("\0")  # fmt: skip
    for file in filter(None, listed):
        source = ROOT / file
        if source.exists():
            target = copy / file
            target.parent.mkdir(parents=True, exist_ok=True)
            target.write_bytes(source.read_bytes())
    (copy / "README.md").write_text("Liên Thông\n")
    build = "import sys; from setuptools.build_meta import build_wheel; build_wheel(sys.argv[1])"
    subprocess.run([sys.executable, "-c", build, str(out)], cwd=copy, check=True, capture_output=True)
    (wheel,) = Path(out).glob("*.whl")
    return set(zipfile.ZipFile(wheel).namelist())


def test_the_wheel_has_exactly_the_five_packages(content):
    """A sixth top-level name collides with somebody else's one day."""
    tops = {name.split("/")[0] for name in content if ".dist-info/" not in name}

    assert tops == set(PACKAGES)


def test_the_wheel_has_every_file_that_lies_in_the_packages(content):
    """It must run from the wheel, not only from the source tree: templates, migrations, profiles, contracts, fonts."""
    have = {
        path.relative_to(ROOT).as_posix()
        for package in PACKAGES
        for path in (ROOT / package).rglob("*")
        if path.is_file() and "__pycache__" not in path.parts and path.suffix != ".pyc"
    }
    assert len(have) > 300
    assert sorted(have - content) == []


def test_the_package_is_never_uploaded():
    """It is one province's application, not a library."""
    assert "Private :: Do Not Upload" in (ROOT / "pyproject.toml").read_text()

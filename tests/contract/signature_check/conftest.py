"""Directories of trust as a person would lay them out, and one pool of workers for all tests here."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from connectors.signature_check.asked import Asked, packed
from connectors.signature_check.isolation import Pool
from connectors.signature_check.trust import Trust, load
from mappings.canonical.signature import FileReport, SignatureReport
from tests.contract.signature_check.pki import NOW, World
from tests.contract.signature_check.pki import world as the_world


@pytest.fixture(scope="session")
def world() -> World:
    """Certificates, made once."""
    return the_world()


@pytest.fixture(scope="session")
def place(world: World, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """``roots``, ``between`` and ``lists``: everything that is needed for VALID."""
    folder = tmp_path_factory.mktemp("trust")
    for name, files in {
        "roots": {
            "neac.pem": world.root.pem,
            "vgca.crt": world.vgca_root.der,
            "stamp.crt": world.stamp_root.der,
        },
        "between": {"ca.pem": world.ca.pem, "vgca.crt": world.vgca.der},
        "lists": {f"{number}.crl": der for number, der in enumerate(world.lists())},
    }.items():
        (folder / name).mkdir()
        for file, raw in files.items():
            (folder / name / file).write_bytes(raw)
    return folder


@pytest.fixture(scope="session")
def trust(place: Path) -> Trust:
    """The whole trust, read from those directories."""
    return load(place / "roots", place / "between", place / "lists")


@pytest.fixture(scope="session")
def pool() -> Iterator[Pool]:
    """Workers for all tests."""
    with Pool() as made:
        yield made


Check = Callable[..., FileReport]


@pytest.fixture
def check(pool: Pool, trust: Trust, tmp_path: Path) -> Check:
    """Bytes → report, through a real worker."""

    def run(raw: bytes, name: str = "tep.pdf", *, trust: Trust = trust, **asked: Any) -> FileReport:
        path = tmp_path / name
        path.write_bytes(raw)
        return pool.check(path, Asked(asked.pop("moment", NOW), **asked), packed(trust))

    return run


@pytest.fixture
def only(check: Check) -> Callable[..., SignatureReport]:
    """As ``check``, the one signature of the file."""

    def run(raw: bytes, *given: Any, **asked: Any) -> SignatureReport:
        report = check(raw, *given, **asked)
        assert len(report.signatures) == 1, report
        return report.signatures[0]

    return run


def changed(trust: Trust, **what: Any) -> Trust:
    """``trust`` with other parts."""
    return replace(trust, **what)

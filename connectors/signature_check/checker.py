"""The signature check as the rest of the product uses it: a file in, a verdict out; missing lists fetched where that is allowed."""

from __future__ import annotations

import tempfile
from dataclasses import replace
from pathlib import Path

from connectors.kit.seams import Clock
from connectors.signature_check.asked import Asked, Material, packed
from connectors.signature_check.isolation import Pool
from connectors.signature_check.revocation import Revocation
from connectors.signature_check.settings import Limits, Settings
from connectors.signature_check.trust import Trust, load
from mappings.canonical.signature import FileReport, Reason, Tree, Verdict, demanded, refused


class Checker:
    """Checks files against one trust. Threads may share it."""

    def __init__(
        self,
        trust: Trust,
        *,
        clock: Clock,
        limits: Limits | None = None,
        revocation: Revocation | None = None,
    ) -> None:
        """Nothing is started or fetched before the first file.

        Args:
            revocation: fetches lists that are missing; without it nothing is fetched.
        """
        self._trust, self._clock = trust, clock
        self._limits = limits or Limits()
        self._revocation = revocation
        self._pool = Pool(self._limits)
        self._material = packed(trust)
        self._fetched: tuple[tuple[bytes, ...], Material] = ((), self._material)

    def check(
        self,
        path: Path,
        *,
        tree: Tree | None = None,
        place: str = "",
        contents: tuple[tuple[str, str], ...] = (),
        signer: str = "",
        every_level: bool = True,
    ) -> FileReport:
        """Judge one file now.

        Args:
            tree: who may vouch: NEAC for citizens and businesses, VGCA for officials.
            place, contents: see :class:`connectors.signature_check.asked.Asked`.
            signer: number of the person or organisation that must have signed.
            every_level: see :class:`Asked`.
        """
        asked = Asked(self._clock.now(), tree=tree, place=place, contents=contents, every_level=every_level)
        if path.is_file() and path.stat().st_size > max(self._limits.pdf_bytes, self._limits.xml_bytes):
            return refused(path.name, asked.moment, Reason.TOO_LARGE, size=path.stat().st_size)
        report = self._pool.check(path, asked, self._material)
        if self._revocation is not None and report.verdict is Verdict.INDETERMINATE:
            wanted = dict.fromkeys(url for one in report.signatures for url in one.lists)
            lists = self._revocation.lists(tuple(wanted)) if wanted else ()
            if lists:
                report = self._pool.check(path, asked, self._with(lists))
        return demanded(report, signer) if signer else report

    def check_bytes(self, raw: bytes, name: str) -> FileReport:
        """As :meth:`check` without demands, for what lies in memory: the reader needs a file on disk to keep its own memory small."""
        with tempfile.NamedTemporaryFile(prefix="signature-") as file:
            file.write(raw)
            file.flush()
            return replace(self.check(Path(file.name)), name=name)

    def close(self) -> None:
        """End the workers."""
        self._pool.close()

    def _with(self, lists: tuple[bytes, ...]) -> Material:
        """The trust with fetched lists; kept while the lists stay the same, so that a worker is told once."""
        held, material = self._fetched
        if lists != held:
            material = packed(replace(self._trust, crls=(*self._trust.crls, *lists)))
            self._fetched = (lists, material)
        return material


def checker_of(settings: Settings, *, clock: Clock) -> Checker:
    """The checker of an installation.

    Raises:
        TrustRefused: its directories hold no trust that can be used.
    """
    between = Path(settings.intermediates_directory) if settings.intermediates_directory else None
    lists = Path(settings.crls_directory) if settings.crls_directory else None
    trust = load(Path(settings.trust_directory or "-"), between, lists)
    revocation = Revocation(settings, clock=clock) if settings.list_hosts else None
    return Checker(trust, clock=clock, limits=settings.limits, revocation=revocation)

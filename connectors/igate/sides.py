"""The old and the new iGate as one case system. Facts: docs/systems/igate.md, docs/adr/0121-side-by-side.md.

Ids of the new one carry a mark, so that an id is never asked of the wrong system: two systems that were filled separately
give one id to two dossiers. The mark is no character of theirs; an id that still has it is refused before anything leaves.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import replace
from datetime import datetime
from typing import Any

from connectors.errors import Rejected
from connectors.igate.client import SYSTEM
from connectors.kit.connection import Connection
from connectors.kit.effects import Call
from connectors.kit.seams import Clock
from connectors.kit.sidebyside import Beside, Facts, Sides, Subject, side_by_side
from connectors.kit.switching import Switch, Version
from mappings.canonical.dossier import DossierDetail, DossierHead, FeeDemand, FeedPage, FeesRead
from mappings.canonical.file import FileRef

MARK = "new~"
READS = frozenset({"changed_since", "dossier", "fees_read", "by_code", "file"})
SHADOWABLE = frozenset({"changed_since", "dossier", "fees_read", "by_code"})
WRITES = frozenset({"confirm_fee", "update_status", "add_note", "create_dossier"})
IGNORED = frozenset({"source_id", "updated_at"})
"""Ids and times of change are each system's own."""


def beside(old: Connection, new: Connection, switch: Switch, with_: Beside, *, clock: Clock) -> Connection:
    """Both as one connection.

    Raises:
        ValueError: the switch names an operation that there is not.
    """
    sides = Sides(old, new, switch, with_, clock=clock, ignored=IGNORED)
    return side_by_side(sides, Shape(sides), Client(sides))


def agencies_of(code: str, agency: str = "") -> tuple[str, ...]:
    """The names of a dossier's agency: as the case system tells it, else as its code begins (``H21.15-261124-0001``)."""
    name = agency or code.partition("-")[0]
    return (name,) if name else ()


def facts(operation: str, payload: Mapping[str, Any]) -> Facts:
    """See :class:`connectors.kit.sidebyside.Shape`."""
    if operation == "create_dossier":
        dossier = payload["dossier"]
        code = str(dossier["code"])
        # Where the code was drawn: in the other system the same code may become somebody else's.
        names = (*agencies_of(code, str(dossier.get("agency") or "")), *agencies_of(code))
        return Facts(tuple(dict.fromkeys(names)), bound=drawn(code))
    code = str(payload["dossier_code"])
    return Facts(agencies_of(code), dossier_code=code)


def drawn(code: str) -> str:
    """The key under which it is remembered where a dossier code was drawn."""
    return f"code:{code}"


class Shape:
    """What the kit must know of iGate's calls. See :class:`connectors.kit.sidebyside.Shape`."""

    reads, shadowable = READS, SHADOWABLE

    def __init__(self, sides: Sides) -> None:
        self._ids = Ids(sides)

    def facts(self, operation: str, payload: Mapping[str, Any]) -> Facts:
        return facts(operation, payload)

    def fit(self, call: Call, version: Version) -> Call:
        """The dossier's id as this version has it; without an id its code alone names it."""
        given = call.payload.get("source_id")
        if not given:
            return call
        code = str(call.payload["dossier_code"])
        there = self._ids.there(str(given), version, code)
        if there is None:
            raise Rejected(
                f"the {version.value} version has no such dossier",
                system=SYSTEM,
                operation="by_code",
                code="not-there",
                reference=code,
            )
        return replace(call, payload={**call.payload, "source_id": there})

    def told(self, data: Mapping[str, Any], version: Version) -> Mapping[str, Any]:
        source_id = data.get("source_id")
        return {**data, "source_id": self._ids.told(source_id, version)} if source_id else data


class Ids:
    """Ids as the installation keeps them, and as each version has them."""

    def __init__(self, sides: Sides) -> None:
        self._sides = sides

    def told(self, source_id: str, version: Version) -> str:
        """An id of theirs as we keep it."""
        marked = version is Version.NEW and not self._sides.switch.same_ids and source_id
        return f"{MARK}{source_id}" if marked else source_id

    @staticmethod
    def home(source_id: str) -> tuple[str, Version]:
        """An id of ours as its own version has it, and which that is."""
        if source_id.startswith(MARK):
            return source_id.removeprefix(MARK), Version.NEW
        return source_id, Version.OLD

    def there(self, source_id: str, version: Version, code: str) -> str | None:
        """The same dossier's id in ``version``; ``None``: it is not there, or its code is not known.

        Raises:
            Unavailable, CredentialsRefused, ContractBroken
        """
        bare, home = self.home(source_id)
        if home is version or self._sides.switch.same_ids:
            return bare
        if not code:
            return None
        found: DossierHead | None = self._sides.client(version).by_code(code)
        return None if found is None else found.source_id


class Client:
    """:class:`connectors.igate.client.Client` for both: the same methods, errors and promises."""

    def __init__(self, sides: Sides) -> None:
        self.sides, self._ids = sides, Ids(sides)

    # ---- what both are ------------------------------------------------------------------------------------------------

    @property
    def can_be_told(self) -> bool:
        """Whether every version that may be told has an adapter."""
        return all(self._of(version).can_be_told for version in self.sides.concerned("create_dossier"))

    @property
    def not_found_is_proof(self) -> bool:
        """What both promise."""
        return all(self._of(version).not_found_is_proof for version in Version)

    @property
    def newest_first(self) -> bool:
        """Whether both feeds begin with the latest change."""
        return all(self._of(version).newest_first for version in Version)

    @property
    def read_file(self) -> Callable[[FileRef], bytes]:
        """Where files of ours are read."""
        found: Callable[[FileRef], bytes] = self._of(Version.OLD).read_file
        return found

    @read_file.setter
    def read_file(self, read: Callable[[FileRef], bytes]) -> None:
        for version in Version:
            self._of(version).read_file = read

    # ---- reading -----------------------------------------------------------------------------------------------------

    def changed_since(self, since: datetime, page: int) -> FeedPage:
        """One page of both feeds: of each the dossiers of the agencies that live there.

        A version that no agency lives in is not asked. One that agencies have just come to is read from some days before
        ``since``: people may have begun there earlier, and only from now on it is listened to. While one of the two is away the whole page is: a watermark that
        moves without one of them would lose its changes.

        Raises:
            Unavailable, CredentialsRefused, ContractBroken
        """
        operation = "changed_since"
        versions = sorted(self.sides.concerned(operation), reverse=True)  # the old one first
        pages = {
            version: self._page(version, self.sides.read_from(operation, version, since), page)
            for version in versions
        }
        items: list[DossierHead] = []
        for version in versions:
            heads = [
                head
                for head in pages[version].items
                if self.sides.version(operation, agencies_of(head.code, head.agency)) is version
            ]
            if self.sides.shadowed(operation):
                self._compare_heads(version, heads, pages, since, page)
            items += [replace(head, source_id=self._ids.told(head.source_id, version)) for head in heads]
        totals = [found.total for found in pages.values()]
        counts = [total for total in totals if total is not None]
        return FeedPage(
            items=tuple(sorted(items, key=lambda head: head.updated_at, reverse=self.newest_first)),
            more=any(found.more for found in pages.values()),
            total=sum(counts) if len(counts) == len(totals) else None,
            unreadable=tuple(each for found in pages.values() for each in found.unreadable),
        )

    def dossier(self, source_id: str) -> DossierDetail:
        """A whole dossier, by whichever version's id, from the version that its agency lives in.

        Raises:
            Rejected: there is none (code 404).
            Unavailable, CredentialsRefused, ContractBroken
        """
        operation = "dossier"
        subject = self._known([source_id], operation).get(source_id)
        version, agencies = self._place(operation, source_id, subject)
        code = subject.code if subject is not None else ""

        def ask(which: Version) -> DossierDetail:
            there = self._ids.there(source_id, which, code)
            if there is None:
                raise Rejected(
                    f"the {which.value} version has no such dossier",
                    system=SYSTEM,
                    operation=operation,
                    code="404",
                    reference=code,
                )
            found: DossierDetail = self._of(which).dossier(there)
            return self._detail(found, which)

        if subject is None:  # without its code it cannot be found in the other version
            return ask(version)
        return self.sides.read(operation, version, ask, agencies=agencies, dossier_code=code)

    def file(self, source_id: str) -> bytes:
        """The bytes of one file, from the version that named it.

        Raises:
            Rejected: there is none (code 404).
            Unavailable, CredentialsRefused, ContractBroken
        """
        bare, home = self._ids.home(source_id)
        version = self.sides.version("file") if self.sides.switch.same_ids else home
        content: bytes = self._of(version).file(bare)
        return content

    def by_code(self, code: str) -> DossierHead | None:
        """The dossier with this code, or ``None``, in the version that its agency lives in.

        Raises:
            Unavailable, CredentialsRefused, ContractBroken
        """
        operation = "by_code"
        known = self._known([code], operation).get(code)
        agencies = agencies_of(code, known.agency if known is not None else "")

        def ask(which: Version) -> DossierHead | None:
            found: DossierHead | None = self._of(which).by_code(code)
            return None if found is None else replace(found, source_id=self._ids.told(found.source_id, which))

        version = self.sides.version(operation, agencies)
        return self.sides.read(operation, version, ask, agencies=agencies, dossier_code=code)

    def fees(self, source_ids: Sequence[str]) -> tuple[FeeDemand, ...]:
        """As :meth:`fees_read`, without those that could not be read.

        Raises:
            Unavailable, CredentialsRefused, Rejected, ContractBroken
        """
        return self.fees_read(source_ids).demands

    def fees_read(self, source_ids: Sequence[str]) -> FeesRead:
        """The fees of these dossiers under the ids that they were asked by, each from the version its agency lives in.

        Raises:
            Unavailable, CredentialsRefused, Rejected, ContractBroken
        """
        operation = "fees_read"
        known = self._known(list(source_ids), operation)
        groups: dict[tuple[Version, bool], list[str]] = {}
        for each in dict.fromkeys(source_ids):
            version, agencies = self._place(operation, each, known.get(each))
            groups.setdefault((version, self.sides.shadowed(operation, agencies)), []).append(each)
        demands: dict[str, FeeDemand] = {}
        unreadable: list[tuple[str, str]] = []
        for (version, compared), some in groups.items():
            found = self._fees(version, some, known)
            demands |= {demand.source_id: demand for demand in found.demands}
            unreadable += found.unreadable
            if compared:
                self._compare_fees(version, found.demands, known)
        ordered = tuple(demands[each] for each in dict.fromkeys(source_ids) if each in demands)
        return FeesRead(ordered, tuple(unreadable))

    # ---- telling ------------------------------------------------------------------------------------------------------

    def next_code(self, pattern: str) -> str:
        """The next dossier code of ``pattern``, from the version that will get the dossier; that it did is remembered.

        Raises:
            Unavailable, CredentialsRefused, Rejected, ContractBroken
        """
        version = self.sides.version("create_dossier", (pattern,))
        code: str = self._of(version).next_code(pattern)
        self.sides.begin("create_dossier", drawn(code), version)
        return code

    # ---- inside -------------------------------------------------------------------------------------------------------

    def _of(self, version: Version) -> Any:
        return self.sides.client(version)

    def _known(self, names: Sequence[str], operation: str) -> Mapping[str, Subject]:
        return self.sides.known(names, operation)

    def _place(
        self, operation: str, source_id: str, subject: Subject | None
    ) -> tuple[Version, tuple[str, ...]]:
        """Where a dossier is read. One that is not known to us is asked where its id is from."""
        agencies = agencies_of(subject.code, subject.agency) if subject is not None else ()
        if subject is None and not self.sides.switch.same_ids:
            return self._ids.home(source_id)[1], agencies
        return self.sides.version(operation, agencies), agencies

    def _page(self, version: Version, since: datetime, page: int) -> FeedPage:
        found: FeedPage = self._of(version).changed_since(since, page)
        return found

    def _detail(self, found: DossierDetail, version: Version) -> DossierDetail:
        def told(source_id: str) -> str:
            return self._ids.told(source_id, version)

        fees, head = found.fees, found.head
        return replace(
            found,
            head=replace(head, source_id=told(head.source_id)),
            fees=None if fees is None else replace(fees, source_id=told(fees.source_id)),
            papers=tuple(
                replace(
                    paper,
                    files=tuple(replace(file, source_id=told(file.source_id)) for file in paper.files),
                )
                for paper in found.papers
            ),
        )

    def _fees(self, version: Version, source_ids: Iterable[str], known: Mapping[str, Subject]) -> FeesRead:
        asked: dict[str, str] = {}
        missing: list[tuple[str, str]] = []
        for each in source_ids:
            subject = known.get(each)
            there = self._ids.there(each, version, subject.code if subject is not None else "")
            if there is None:
                missing.append((each, f"id: the {version.value} version has no such dossier"))
            else:
                asked[there] = each
        if not asked:
            return FeesRead((), tuple(missing))
        found: FeesRead = self._of(version).fees_read(list(asked))
        return FeesRead(
            tuple(replace(demand, source_id=asked[demand.source_id]) for demand in found.demands),
            (*missing, *((asked.get(name, name), why) for name, why in found.unreadable)),
        )

    def _compare_heads(
        self,
        version: Version,
        heads: Sequence[DossierHead],
        pages: Mapping[Version, FeedPage],
        since: datetime,
        page: int,
    ) -> None:
        def ask() -> tuple[DossierHead, ...]:
            return _like(heads, pages.get(version.other) or self._page(version.other, since, page))

        if heads:
            self.sides.shadow.later("changed_since", "", version, tuple(heads), ask)

    def _compare_fees(
        self, version: Version, demands: Iterable[FeeDemand], known: Mapping[str, Subject]
    ) -> None:
        """One comparison per dossier: a report names the dossier."""
        for demand in demands:
            subject = known.get(demand.source_id)
            if subject is None:
                continue  # the other version cannot be asked without a code

            def ask(each: FeeDemand = demand) -> FeeDemand | None:
                found = self._fees(version.other, [each.source_id], known)
                # Answers may leave the code out; that says nothing about the fees.
                return replace(found.demands[0], dossier_code=each.dossier_code) if found.demands else None

            self.sides.shadow.later("fees_read", subject.code, version, demand, ask)


def _like(real: Sequence[DossierHead], page: FeedPage) -> tuple[DossierHead, ...]:
    """What the other version's page says of the dossiers of ``real``.

    Pages of two systems are cut differently: a dossier that stands on one of them alone says nothing.
    """
    theirs = {head.code: head for head in page.items}
    return tuple(theirs.get(head.code, head) for head in real)


__all__ = ["IGNORED", "MARK", "READS", "SHADOWABLE", "WRITES", "Client", "agencies_of", "beside", "facts"]

"""A province's LGSP: dossiers, steps and figures told to it; shared categories. One instance per process, threads may share it."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from typing import Any

from connectors.errors import AlreadyDone, ConnectorError, ContractBroken, OutcomeUnknown, Rejected
from connectors.kit.effects import EffectClass
from connectors.kit.reading import Unreadable, agreed
from connectors.kit.seams import monotonic_seconds
from connectors.kit.transport import Transport
from connectors.lgsp import translate, wire
from connectors.lgsp.settings import Settings
from mappings.canonical.file import DossierFile, Step
from mappings.errors import MappingError

SYSTEM = "lgsp"
SYNC, TRACE, STATISTIC, VOTE = "sync_dossier", "add_step", "send_statistic", "send_vote"
METADATA, CATEGORY, ALL, WRITE = "category_metadata", "category", "all_categories", "write_category"
SHOWN = frozenset({"DocCode", "DocTypeCode", "Status", "MSG", "Count"})
"""Fields that exchange summaries may show: no person, no free text about one."""

_CATEGORY = re.compile(r"[A-Za-z0-9_-]{1,64}")
_Row = dict[str, str]


def no_files(file: str) -> bytes:
    """Stands where no file store was handed in."""
    raise LookupError(file)


class Client:
    """What we tell a province's platform and what it tells us.

    Attributes:
        read_file: id of a file → its bytes. Set once by whoever builds the connectors, before the first call.
        sync_repeats, traces_repeat: see the settings.
    """

    def __init__(self, settings: Settings, transport: Transport) -> None:
        self._settings, self._transport = settings, transport
        self.read_file: translate.ReadFile = no_files
        self.sync_repeats, self.traces_repeat = settings.sync_repeats, settings.traces_repeat

    def sync_dossier(self, dossier: DossierFile, *, deadline_seconds: float | None = None) -> str:
        """Tell a whole dossier at one version, its files inside; gives their ``Status``.

        Raises:
            Rejected: refused by them, or by us before anything left (code ``not-sent``).
            AlreadyDone, Unavailable, OutcomeUnknown
        """
        with _ours(SYNC, dossier.code):
            message = translate.document(dossier, self._settings, self.read_file)
        kind = EffectClass.IDEMPOTENT if self.sync_repeats else EffectClass.EVIDENCE
        return self._tell(SYNC, self._settings.sync_path, message, kind, dossier.code, deadline_seconds)

    def add_step(
        self,
        step: Step,
        *,
        code: str,
        agency: str,
        agency_name: str,
        document_id: str = "",
        deadline_seconds: float | None = None,
    ) -> str:
        """Tell one step of a dossier. ``document_id``: theirs where it is known, else the dossier's code goes.

        Raises:
            Rejected, AlreadyDone, Unavailable, OutcomeUnknown
        """
        with _ours(TRACE, code):
            message = translate.trace(
                step,
                self._settings,
                code=code,
                document_id=document_id,
                agency=agency,
                agency_name=agency_name,
            )
        kind = EffectClass.IDEMPOTENT if self.traces_repeat else EffectClass.EVIDENCE
        return self._tell(TRACE, self._settings.traces_path, message, kind, code, deadline_seconds)

    def send_statistic(self, facts: Mapping[str, Any], *, deadline_seconds: float | None = None) -> str:
        """Tell the figures of a period, under the names of ``statistic_fields``.

        Raises:
            Rejected, AlreadyDone, Unavailable, OutcomeUnknown
        """
        with _ours(STATISTIC, ""):
            message = translate.reported(facts, self._settings.statistic_fields, "statistic")
        path = self._settings.statistic_path
        return self._tell(STATISTIC, path, message, EffectClass.EVIDENCE, "", deadline_seconds)

    def send_vote(
        self, facts: Mapping[str, Any], *, code: str = "", deadline_seconds: float | None = None
    ) -> str:
        """Tell how a citizen rated the office, under the names of ``vote_fields``.

        Raises:
            Rejected, AlreadyDone, Unavailable, OutcomeUnknown
        """
        with _ours(VOTE, code):
            message = translate.reported(facts, self._settings.vote_fields, "vote")
        path = self._settings.vote_path
        return self._tell(VOTE, path, message, EffectClass.EVIDENCE, code, deadline_seconds)

    def category_metadata(self, category: str, *, deadline_seconds: float | None = None) -> list[_Row]:
        """The properties of a category: PropertyCode, PropertyName, PropertyType.

        Raises:
            Rejected, Unavailable, ContractBroken
        """
        path = _path(METADATA, self._settings.metadata_path, category)
        found = self._rows(METADATA, path, category, deadline_seconds)
        with agreed(SYSTEM, METADATA, category):
            for number, row in enumerate(found):
                if not row.get("PropertyCode"):
                    raise Unreadable(f"row {number}.PropertyCode", "is missing")
        return found

    def category(self, category: str, *, deadline_seconds: float | None = None) -> list[_Row]:
        """The rows of a category; keys are the properties' codes, every cell is a text.

        Raises:
            Rejected, Unavailable, ContractBroken
        """
        path = _path(CATEGORY, self._settings.category_path, category)
        return self._rows(CATEGORY, path, category, deadline_seconds)

    def all_categories(self, *, deadline_seconds: float | None = None) -> list[_Row]:
        """What categories there are.

        Raises:
            Rejected, Unavailable, ContractBroken
        """
        return self._rows(ALL, self._settings.all_categories_path, "", deadline_seconds)

    def write_category(
        self, category: str, rows: Sequence[Mapping[str, Any]], *, deadline_seconds: float = 30.0
    ) -> int:
        """Add rows to a category; gives how many they took.

        Raises:
            AlreadyDone: they say that it is there, and all rows are.
            Rejected: they say that it is there, and none of the rows is: other rows stand under these codes.
            OutcomeUnknown: only some are there, or their words say nothing.
            Unavailable: nothing was written.
        """
        end = monotonic_seconds() + deadline_seconds
        path = _path(WRITE, self._settings.category_path, category)
        with _ours(WRITE, category):
            made = translate.category_rows(rows)
        answer = self._transport.send(
            WRITE,
            "POST",
            path,
            effect_class=EffectClass.FINDABLE,
            reference=category,
            json=made,
            deadline_seconds=deadline_seconds,
        )
        with agreed(SYSTEM, WRITE, category):
            told = wire.write_answer(answer.content)
        facts: dict[str, Any] = {"system": SYSTEM, "operation": WRITE, "reference": category}
        words = told.words.casefold()
        if any(word in words for word in self._settings.duplicate_words):
            raise self._duplicate(category, made, max(0.001, end - monotonic_seconds()), facts)
        if words.strip() not in self._settings.done_words:
            raise ContractBroken("MSG is neither done nor a duplicate", **facts)
        if told.count != len(made):
            raise OutcomeUnknown(f"they took {told.count} of {len(made)} rows", **facts)
        return told.count

    def rows_there(
        self, category: str, rows: Sequence[Mapping[str, Any]], *, deadline_seconds: float | None = None
    ) -> int:
        """How many of ``rows`` the category holds.

        Raises:
            Rejected, Unavailable, ContractBroken
        """
        with _ours(CATEGORY, category):
            made = translate.category_rows(rows)
        return translate.present(made, self.category(category, deadline_seconds=deadline_seconds))

    def _duplicate(
        self, category: str, rows: Sequence[_Row], deadline_seconds: float, facts: dict[str, Any]
    ) -> ConnectorError:
        """What 'duplicate' means is seen in the category itself: the same rows, or others under the same codes."""
        try:
            there = self.rows_there(category, rows, deadline_seconds=deadline_seconds)
        except ConnectorError as exc:
            return OutcomeUnknown(f"they say duplicate; what is there could not be read: {exc}", **facts)
        if there == len(rows):
            return AlreadyDone("all rows are there", code="duplicate", **facts)
        if there == 0:
            return Rejected("other rows stand under these codes", code="duplicate", **facts)
        return OutcomeUnknown(f"they say duplicate; {there} of {len(rows)} rows are there", **facts)

    def _rows(self, operation: str, path: str, category: str, deadline_seconds: float | None) -> list[_Row]:
        answer = self._transport.send(
            operation,
            "GET",
            path,
            effect_class=EffectClass.READ,
            reference=category,
            deadline_seconds=deadline_seconds,
        )
        with agreed(SYSTEM, operation, category):
            return wire.rows(answer.content, self._settings.category_wrapper)

    def _tell(
        self,
        operation: str,
        path: str,
        message: Mapping[str, Any],
        effect_class: EffectClass,
        reference: str,
        deadline_seconds: float | None,
    ) -> str:
        answer = self._transport.send(
            operation,
            "POST",
            path,
            effect_class=effect_class,
            reference=reference,
            json=message,
            deadline_seconds=deadline_seconds,
        )
        with agreed(SYSTEM, operation, reference):
            told = wire.verdict(answer.content)
        facts: dict[str, Any] = {"system": SYSTEM, "operation": operation, "reference": reference}
        code = str(told.status)
        if told.status in self._settings.duplicate_codes:
            raise AlreadyDone("they have it already", code=code, **facts)
        if told.status in self._settings.refused_codes:
            raise Rejected("refused", code=code, **facts)
        if told.status not in self._settings.done_codes:
            raise OutcomeUnknown(f"Status {code} has no agreed meaning", **facts)
        return code


@contextmanager
def _ours(operation: str, reference: str) -> Iterator[None]:
    """What we must not send is refused before a byte leaves: repeating it cannot help."""
    try:
        yield
    except (ValueError, MappingError) as exc:
        raise Rejected(
            str(exc), system=SYSTEM, operation=operation, code="not-sent", reference=reference
        ) from exc


def _path(operation: str, pattern: str, category: str) -> str:
    with _ours(operation, ""):
        if not _CATEGORY.fullmatch(category):
            raise ValueError("a category's code is letters, digits, _ and -")
    return pattern.replace("{code}", category)

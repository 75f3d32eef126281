"""Tables in memory with unique keys, indexes and roll-back, as strict as the database's."""

from __future__ import annotations

from collections.abc import Callable, Hashable, Iterator
from typing import Generic, TypeVar

from jobs.errors import Duplicate

K = TypeVar("K", bound=Hashable)
V = TypeVar("V")
Undo = list[Callable[[], None]]


class Table(Generic[K, V]):
    """Rows are frozen values under a primary key; every change can be undone until the commit.

    Args:
        name: for messages.
        unique: further unique keys; a key function may return ``None`` for 'no key' (a partial index).
        indexes: look-ups that may hold many rows; same convention.
    """

    def __init__(
        self,
        name: str,
        *,
        unique: dict[str, Callable[[V], Hashable | None]] | None = None,
        indexes: dict[str, Callable[[V], Hashable | None]] | None = None,
    ) -> None:
        self.name = name
        self.undo: Undo = []
        self._rows: dict[K, V] = {}
        self._unique_keys = unique or {}
        self._index_keys = indexes or {}
        self._unique: dict[str, dict[Hashable, K]] = {key: {} for key in self._unique_keys}
        self._index: dict[str, dict[Hashable, dict[K, None]]] = {key: {} for key in self._index_keys}

    def __len__(self) -> int:
        return len(self._rows)

    def __iter__(self) -> Iterator[V]:
        return iter(list(self._rows.values()))

    def get(self, key: K) -> V | None:
        """The row under its primary key."""
        return self._rows.get(key)

    def by(self, index: str, value: Hashable) -> list[V]:
        """Rows of an index in order of insertion, or the one row of a unique key."""
        if index in self._unique:
            key = self._unique[index].get(value)
            return [] if key is None else [self._rows[key]]
        return [self._rows[key] for key in self._index[index].get(value, ())]

    def insert(self, key: K, row: V) -> bool:
        """Add a row; ``False`` when the primary or a unique key is taken (``ON CONFLICT DO NOTHING``)."""
        if key in self._rows or self._taken(row, besides=None) is not None:
            return False
        self._link(key, row)
        self.undo.append(lambda: self._unlink(key))
        return True

    def update(self, key: K, row: V) -> None:
        """Replace a row.

        Raises:
            Duplicate: another row holds one of its unique keys.
            KeyError: there is no such row.
        """
        before = self._rows[key]
        taken = self._taken(row, besides=key)
        if taken is not None:
            raise Duplicate(f"{self.name}: {taken} is taken")
        self._unlink(key)
        self._link(key, row)

        def undo() -> None:
            self._unlink(key)
            self._link(key, before)

        self.undo.append(undo)

    def delete(self, key: K) -> None:
        """Remove a row (only archiving in simulations does)."""
        before = self._rows[key]
        self._unlink(key)
        self.undo.append(lambda: self._link(key, before))

    def commit(self) -> None:
        """Keep what was done."""
        self.undo.clear()

    def roll_back(self) -> None:
        """Undo everything since the last commit, newest first."""
        while self.undo:
            self.undo.pop()()

    def _taken(self, row: V, *, besides: K | None) -> str | None:
        for name, key_of in self._unique_keys.items():
            value = key_of(row)
            holder = self._unique[name].get(value) if value is not None else None
            if holder is not None and holder != besides:
                return name
        return None

    def _link(self, key: K, row: V) -> None:
        self._rows[key] = row
        for name, key_of in self._unique_keys.items():
            value = key_of(row)
            if value is not None:
                self._unique[name][value] = key
        for name, key_of in self._index_keys.items():
            value = key_of(row)
            if value is not None:
                self._index[name].setdefault(value, {})[key] = None

    def _unlink(self, key: K) -> None:
        row = self._rows.pop(key)
        for name, key_of in self._unique_keys.items():
            value = key_of(row)
            if value is not None:
                del self._unique[name][value]
        for name, key_of in self._index_keys.items():
            value = key_of(row)
            if value is not None:
                bucket = self._index[name][value]
                del bucket[key]
                if not bucket:
                    del self._index[name][value]

"""Who acts, and what each role may do. Rights are per action, not per page."""

from __future__ import annotations

from dataclasses import dataclass, field
from enum import StrEnum


class ActorKind(StrEnum):
    """The four kinds that an audit row may name."""

    PERSON = "person"
    KEY = "key"
    RULE = "rule"
    MANDATE = "mandate"


class Right(StrEnum):
    """One action that somebody may be allowed to do."""

    SEE = "see"
    SEE_PERSONAL = "see-personal"
    ASK = "ask"
    RETRY = "retry"
    RELEASE = "release"
    PROPOSE_REFUND = "propose-refund"
    APPROVE_REFUND = "approve-refund"
    LOAD_STATEMENT = "load-statement"
    EXPLAIN_BREAK = "explain-break"
    CLOSE_DAY = "close-day"
    SEE_AUDIT = "see-audit"
    MANAGE_PEOPLE = "manage-people"
    PROPOSE_MAPPING = "propose-mapping"
    ACCEPT_MAPPING = "accept-mapping"
    ERASE_EVIDENCE = "erase-evidence"


class Role(StrEnum):
    """What a person is granted, for a period."""

    VIEWER = "viewer"
    OPERATOR = "operator"
    ACCOUNTANT = "accountant"
    APPROVER = "approver"
    ADMINISTRATOR = "administrator"


class Scope(StrEnum):
    """What an API key is granted."""

    PAYMENTS_WRITE = "payments:write"
    PAYMENTS_READ = "payments:read"
    DOSSIERS_READ = "dossiers:read"
    REFUNDS_WRITE = "refunds:write"
    REFUNDS_READ = "refunds:read"
    STATEMENTS_WRITE = "statements:write"


# No role holds both ends of a money action: who proposes does not approve, who manages accounts does neither. A row of a code table may
# be proposed and accepted by the same role, never by the same person.
RIGHTS: dict[Role, frozenset[Right]] = {
    Role.VIEWER: frozenset({Right.SEE}),
    Role.OPERATOR: frozenset(
        {
            Right.SEE,
            Right.SEE_PERSONAL,
            Right.ASK,
            Right.RETRY,
            Right.RELEASE,
            Right.PROPOSE_MAPPING,
        }
    ),
    Role.ACCOUNTANT: frozenset(
        {
            Right.SEE,
            Right.SEE_PERSONAL,
            Right.ASK,
            Right.PROPOSE_REFUND,
            Right.LOAD_STATEMENT,
            Right.EXPLAIN_BREAK,
            Right.CLOSE_DAY,
        }
    ),
    Role.APPROVER: frozenset(
        {Right.SEE, Right.SEE_PERSONAL, Right.APPROVE_REFUND, Right.CLOSE_DAY, Right.ERASE_EVIDENCE}
    ),
    Role.ADMINISTRATOR: frozenset(
        {
            Right.SEE,
            Right.SEE_AUDIT,
            Right.MANAGE_PEOPLE,
            Right.PROPOSE_MAPPING,
            Right.ACCEPT_MAPPING,
            Right.ERASE_EVIDENCE,
        }
    ),
}


def rights_of(roles: frozenset[Role]) -> frozenset[Right]:
    """All rights of somebody with these roles."""
    return frozenset().union(*(RIGHTS[role] for role in roles)) if roles else frozenset()


@dataclass(frozen=True, slots=True)
class Actor:
    """Somebody who acts through the edge, as the audit names them.

    Attributes:
        name: login of a person, client id of a key.
        address: the network address the request came from.
        correlation_id: binds the audit row to log lines and the time line.
    """

    kind: ActorKind
    name: str
    address: str = ""
    correlation_id: str = ""

    def __str__(self) -> str:
        return f"{self.kind.value}:{self.name}"


@dataclass(frozen=True, slots=True)
class Person:
    """A signed-in person with the roles in force now."""

    id: int
    login: str
    name: str
    language: str
    roles: frozenset[Role]

    def may(self, right: Right) -> bool:
        """Whether one of the roles in force carries ``right``."""
        return right in rights_of(self.roles)


@dataclass(frozen=True, slots=True)
class KeyHolder:
    """A calling system that showed a valid key."""

    client_id: str
    key_id: str
    scopes: frozenset[Scope] = field(default_factory=frozenset)

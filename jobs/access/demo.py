"""Demo people for installations whose every outside system is a sandbox."""

from __future__ import annotations

from dataclasses import dataclass

from jobs.access.model import Actor, ActorKind, Role
from jobs.access.service import Access

PASSWORD = "lienthong-demo"  # noqa: S105 - shown on the terminal on purpose; refused outside sandboxes


@dataclass(frozen=True, slots=True)
class DemoPerson:
    """One demo sign-in."""

    login: str
    name: str
    roles: tuple[Role, ...]


PEOPLE = (
    DemoPerson("xem", "Nguyễn Thị Xem", (Role.VIEWER,)),
    DemoPerson("vanhanh", "Trần Văn Hành", (Role.OPERATOR,)),
    DemoPerson("ketoan", "Lê Thị Kế Toán", (Role.ACCOUNTANT,)),
    DemoPerson("duyet", "Phạm Văn Duyệt", (Role.APPROVER,)),
    DemoPerson("quantri", "Hoàng Thị Quản Trị", (Role.ADMINISTRATOR,)),
)


def add_demo_people(access: Access, *, sandbox: bool) -> tuple[DemoPerson, ...]:
    """Make the demo accounts; safe to repeat.

    Raises:
        RuntimeError: the installation has a connector that is not a sandbox.
    """
    if not sandbox:
        raise RuntimeError("demo sign-ins exist only where every outside system is a sandbox")
    actor = Actor(ActorKind.RULE, "demo")
    for person in PEOPLE:
        access.add_person(person.login, person.name, PASSWORD, person.roles, actor=actor)
    return PEOPLE

"""``python -m connectors.handover FILE…``: checks profiles and says what each of them can do. Calls nobody."""

from __future__ import annotations

import sys

from connectors.handover.profile import Profile
from connectors.handover.shelf import profile, shipped


def described(found: Profile) -> str:
    """What a profile can do, and what in it nobody has confirmed."""
    lines = [f"{found.name} {found.version}: {found.title_vi} · {found.title_en}"]
    lines += [
        f"  {name}: {action.verb.value}, {action.method} {action.path}, {action.effect.value}"
        for name, action in found.actions.items()
    ]
    kinds = found.callbacks.kinds.values() if found.callbacks is not None else ()
    lines += [f"  ← {callback.when}" for callback in kinds]
    lines += [f"  giả định / assumed: {path}: {why}" for path, why in found.assumed.items()]
    if not found.reviewed:
        lines.append("  chưa ai xem lại / reviewed by nobody yet")
    return "\n".join(lines)


def main(names: list[str]) -> int:
    """0 when all are right; the problems of the others go to standard error."""
    wrong = 0
    for name in names or shipped():
        try:
            sys.stdout.write(f"{described(profile(name))}\n")
        except ValueError as exc:
            sys.stderr.write(f"{exc}\n")
            wrong = 1
    return wrong


if __name__ == "__main__":
    raise SystemExit(main(sys.argv[1:]))

"""What can be seen of a connector: in its folder, in its contract test, on its page. Fed to the rules of ``connectors.kit.tiers``."""

from __future__ import annotations

import re
import sys
import tomllib
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from importlib import import_module
from importlib.util import find_spec
from pathlib import Path
from typing import Any

import connectors
from connectors.kit import personal
from connectors.kit.effects import EffectClass, Operation
from connectors.kit.tiers import Facts, Judgement, Tier, judged

PAGE = "docs/systems/README.md"
_LIMITS = re.compile(r"giới hạn|hạn mức|limits|quota", re.IGNORECASE)
_FAILING = re.compile(
    r"^## [^\n]*(?:Khi hỏng|When it fails|Khi có sự cố|When something is wrong)[^\n]*\n(.*?)(?=^## |\Z)",
    re.MULTILINE | re.DOTALL,
)
_UNWRITTEN = "CHƯA VIẾT"
_REPLAYED = re.compile(
    r"def test_\w*(?:twice|again|repeat|replay|once|doubled?|duplicat|fifty|second_time|same_)\w*\("
)
_LEAST_WORDS = 20
_SIGNS = (
    ("REST", re.compile(r"(?<!Soap)Lines\(|(?<!Soap)Transport\(")),
    ("SOAP", re.compile(r"connectors\.kit\.soap\.|schemas\.xmlsoap\.org")),
)


class _Nobody:
    """A client that is never called: enough to hear what a connector declares."""

    def __getattr__(self, name: str) -> Any:
        if name.startswith("__"):
            raise AttributeError(name)
        return self

    def __call__(self, *given: object, **named: object) -> _Nobody:
        del given, named
        return self

    def __iter__(self) -> Iterator[Any]:
        return iter(())


@dataclass(frozen=True, slots=True)
class Seen:
    """One connector.

    Attributes:
        speaks: REST, SOAP or files.
        pushed: they also call us.
    """

    system: str
    operations: tuple[Operation, ...]
    words: dict[str, Any]
    speaks: str
    pushed: bool
    facts: Facts

    @property
    def judgement(self) -> Judgement:
        """Its tier."""
        return judged(self.facts)


def packages() -> Path:
    """Where the connectors' folders are: in a checkout or in a wheel."""
    return Path(connectors.__path__[0])


def checkout() -> Path | None:
    """The source tree, with its tests; ``None`` in a wheel."""
    root = packages().parent
    if not (root / "tests" / "contract" / "conformance.py").is_file():
        return None
    if str(root) not in sys.path:
        sys.path.insert(0, str(root))
    return root


def systems() -> list[str]:
    """Every folder that can be connected."""
    return sorted(path.parent.name for path in packages().glob("*/connect.py"))


def suites(system: str) -> list[type[Any]]:
    """The classes of its contract test that run the suite of all connectors; none in a wheel."""
    where = f"tests.contract.{system}.test_conformance"
    if checkout() is None or find_spec(f"tests.contract.{system}") is None or find_spec(where) is None:
        return []
    suite = import_module("tests.contract.conformance").Conformance
    found = vars(import_module(where)).values()
    return [each for each in found if _is_suite(each, suite)]


def _is_suite(each: Any, suite: type[Any]) -> bool:
    return isinstance(each, type) and issubclass(each, suite) and bool(getattr(each, "operations", None))


def seen(system: str, *, suite_passed: bool | None = None) -> Seen:
    """Everything about one connector. Nothing is called."""
    folder, tried = packages() / system, suites(system)
    words = _words(folder)
    worlds = [made for each in tried if (made := _world(each)) is not None]
    operations = _operations(system, worlds)
    known = words.get("operation", {})
    pushed = (folder / "notifications.py").is_file()
    facts = Facts(
        system=system,
        schema=(folder / "settings.py").is_file() and _describes_messages(folder),
        stub=(folder / "sandbox.py").is_file(),
        connection_test=bool(tried),
        suite_passed=suite_passed,
        wordless=tuple(
            name for name in _names(operations) if not _both(known.get(name)) or not _both(words.get("name"))
        ),
        undeclared=tuple(each.name for each in operations if not _outcome_is_found(each)),
        registered=system in import_module("connectors.registry").SYSTEMS,
        limits_told=_LIMITS.search(_page(system)) is not None,
        tagged=_is_tagged(folder),
        planted=any(_has_person(world) for world in worlds),
        untried=tuple(sorted(set(_names(operations)) - {name for each in tried for name in each.operations})),
        replay=_is_replayed(system, operations, pushed=pushed),
        runbook=_has_runbook(_page(system)),
    )
    return Seen(system, operations, words, _speaks(folder), pushed, facts)


def _words(folder: Path) -> dict[str, Any]:
    file = folder / "words.toml"
    return tomllib.loads(file.read_text("utf-8")) if file.is_file() else {}


def _both(pair: Any) -> bool:
    return isinstance(pair, list) and len(pair) == 2 and all(isinstance(each, str) and each for each in pair)


def _world(suite: type[Any]) -> Any:
    try:
        made = suite().world()
    except Exception:  # noqa: BLE001 - a test that cannot be set up is a rule that does not hold
        return None
    made.sandbox.close()
    return made


def _operations(system: str, worlds: Iterable[Any]) -> tuple[Operation, ...]:
    found: dict[str, Operation] = {}
    for world in worlds:
        for each in world.connect("http://127.0.0.1:9"):
            found.setdefault(each.name, each)
    if find_spec(f"connectors.{system}.operations") is not None:
        for each in import_module(f"connectors.{system}.operations").operations(_Nobody()):
            found.setdefault(each.name, each)
    return tuple(found.values())


def _names(operations: Iterable[Operation]) -> list[str]:
    return [each.name for each in operations]


def _outcome_is_found(operation: Operation) -> bool:
    if operation.effect_class is EffectClass.READ or operation.look_up is not None:
        return True
    return len(operation.found_by.strip()) >= _LEAST_WORDS


def _page(system: str) -> str:
    root = checkout()
    page = root / "docs" / "systems" / f"{system}.md" if root else None
    return page.read_text("utf-8") if page and page.is_file() else ""


def _has_runbook(page: str) -> bool:
    found = _FAILING.search(page)
    if found is None or _UNWRITTEN in found[1]:
        return False
    lines = [line for line in found[1].splitlines() if re.match(r"\s*(\||[-*] |\d+\. )", line)]
    head = 2 if any(line.lstrip().startswith("|") for line in lines) else 0
    return len(lines) - head >= 2


def _sources(folder: Path) -> str:
    return "\n".join(path.read_text("utf-8") for path in sorted(folder.glob("*.py")))


def _describes_messages(folder: Path) -> bool:
    return any((folder / name).exists() for name in ("wire.py", "layout.py", "profile.py"))


def _is_tagged(folder: Path) -> bool:
    text = _sources(folder)
    if re.search(r"^(?:PERSONAL|SHOWN)\b|personal=True", text, re.MULTILINE):
        return True
    # A line that is told of no field shows none: everything is masked.
    return (folder / "client.py").is_file() and re.search(r"\bshown=", text) is None


def _has_person(world: Any) -> bool:
    return any(personal.looks(each) or not each.isascii() for each in world.secrets)


def _is_replayed(system: str, operations: Iterable[Operation], *, pushed: bool) -> bool:
    if not pushed and all(each.effect_class is EffectClass.READ for each in operations):
        return True  # the suite's own answer that comes twice is all that can happen
    root = checkout()
    folder = root / "tests" / "contract" / system if root else None
    if folder is None or not folder.is_dir():
        return False
    return any(_REPLAYED.search(path.read_text("utf-8")) for path in folder.glob("test_*.py"))


def _speaks(folder: Path) -> str:
    text = "\n".join(
        path.read_text("utf-8") for path in sorted(folder.glob("*.py")) if not path.name.startswith("sandbox")
    )
    found = [name for name, sign in _SIGNS if sign.search(text)]
    return ", ".join(found) or "tệp · *files*"


_CLASSES = {
    EffectClass.READ: "đọc · read",
    EffectClass.IDEMPOTENT: "lặp được · idempotent",
    EffectClass.FINDABLE: "tra được · findable",
    EffectClass.EVIDENCE: "chờ bằng chứng · evidence",
}
_HEAD = """# Các hệ thống bên ngoài · Outside systems

*Trang này do `lienthong connector matrix --write` viết; một phép thử so nó với mã nguồn. Generated; a test compares it with the code.*

Bậc · *tiers*: **đồng · bronze** hợp đồng, hệ thống giả lập, phép thử kết nối · **bạc · silver** tra kết quả, hạn mức, che dữ liệu người · **vàng · gold** bộ phép thử lỗi,
phép thử phát lại, sổ tay vận hành. Luật tiếp theo của một hệ thống · *the next rule to earn*: `lienthong connector check TÊN`. Thêm một hệ thống · *add one*: [hướng dẫn · tutorial](../tutorials/connector/README.md).

| Hệ thống · *system* | Giao thức · *speaks* | Chiều · *direction* | Thao tác · *operations* | Bậc · *tier* |
| --- | --- | --- | --- | --- |
"""


def matrix(found: Iterable[Seen]) -> str:
    """The page of all systems."""
    return _HEAD + "".join(f"| {' | '.join(_row(each))} |\n" for each in found)


def _row(each: Seen) -> list[str]:
    root = checkout()
    name = each.words.get("name", [each.system, each.system])
    linked = f"[`{each.system}`]({each.system}.md)"
    if root and not (root / "docs" / "systems" / f"{each.system}.md").is_file():
        linked = f"`{each.system}`"
    classes: dict[str, list[str]] = {}
    for operation in each.operations:
        marks = " đ" * operation.money + " ✎" * operation.signature
        classes.setdefault(_CLASSES[operation.effect_class], []).append(f"`{operation.name}`{marks}")
    direction = "ta hỏi, họ báo · *pull, push*" if each.pushed else "ta hỏi · *pull*"
    wired = "" if each.facts.registered else " (chưa nối · *not wired*)"
    abilities = "; ".join(f"{kind}: {', '.join(names)}" for kind, names in classes.items())
    return [
        f"{linked} {name[0]} · *{name[1]}*{wired}",
        each.speaks,
        direction,
        abilities or "tệp · *files*",
        " · ".join(each.judgement.tier.words),
    ]


def must_be_gold(each: Seen) -> bool:
    """Money and signatures are not tried out on people."""
    return any(operation.money or operation.signature for operation in each.operations)


def as_json(each: Seen) -> dict[str, Any]:
    """For programs."""
    return {
        "system": each.system,
        "name": each.words.get("name", []),
        "speaks": each.speaks,
        "pushed": each.pushed,
        "registered": each.facts.registered,
        "operations": [
            {
                "name": operation.name,
                "class": operation.effect_class.value,
                "money": operation.money,
                "signature": operation.signature,
                "found_by": operation.found_by,
            }
            for operation in each.operations
        ],
        "tier": each.judgement.tier.words[1],
        "missing": [
            {"rule": rule.name, "tier": rule.tier.words[1], "what": list(names)}
            for rule, names in each.judgement.missing
        ],
    }


__all__ = ["Seen", "Tier", "checkout", "matrix", "must_be_gold", "seen", "suites", "systems"]

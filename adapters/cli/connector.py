"""``lienthong connector``: make a connector, judge it, try it on its sandbox, keep a masked exchange, list all of them."""

from __future__ import annotations

import json
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, NoReturn

import typer

from adapters.cli.speech import (
    FAILED,
    PARTNER,
    PROBLEMS,
    UNKNOWN,
    WRONG_USE,
    note,
    print_json,
    say,
    stop,
    words,
)

if TYPE_CHECKING:  # the start stays short
    from adapters.cli.connector_facts import Seen
    from connectors.kit.scaffold.make import Plan

app = typer.Typer(
    name="connector",
    help="Kết nối tới hệ thống bên ngoài: tạo, kiểm tra, thử, ghi mẫu. / Connectors: make, check, try, record.",
    no_args_is_help=True,
    rich_markup_mode=None,
    add_completion=False,
)
_Name = Annotated[str, typer.Argument(help="Tên thư mục trong connectors/. / Its folder in connectors/.")]
_Json = Annotated[bool, typer.Option("--json", help="In JSON. / Print JSON.")]


@app.command("new")
def new(
    name: _Name,
    rest: Annotated[bool, typer.Option("--rest", help="REST, JSON (OpenAPI 3).")] = False,
    soap: Annotated[bool, typer.Option("--soap", help="SOAP (WSDL).")] = False,
    contract: Annotated[
        Path | None,
        typer.Option(
            "--from", help="openapi.json hoặc service.wsdl; không có: một mẫu. / Default: an example."
        ),
    ] = None,
    look_up: Annotated[
        list[str] | None,
        typer.Option("--look-up", help="GHI=ĐỌC: thao tác tra kết quả. / WRITE=READ that finds its outcome."),
    ] = None,
    read: Annotated[
        list[str] | None, typer.Option("--read", help="Thao tác chỉ đọc. / It changes nothing there.")
    ] = None,
    write: Annotated[
        list[str] | None, typer.Option("--write", help="Thao tác ghi dù tên như đọc. / It changes something.")
    ] = None,
    personal: Annotated[
        list[str] | None, typer.Option("--personal", help="Trường của người. / A field of a person.")
    ] = None,
    only: Annotated[
        list[str] | None, typer.Option("--only", help="Chỉ thao tác này. / Only this operation.")
    ] = None,
    title: Annotated[str, typer.Option("--title", help="Tên cho người đọc. / How people call it.")] = "",
    print_only: Annotated[
        bool, typer.Option("--print-only", help="Chỉ in, không ghi. / Write nothing, print what would be.")
    ] = False,
) -> None:
    """Tạo thư mục, phép thử và trang tài liệu; tất cả đạt ngay. / Folder, test and page that pass at once."""
    from connectors.kit.scaffold import make
    from connectors.kit.scaffold.model import Style, Wishes

    if rest == soap:
        stop(WRONG_USE, "Chọn --rest hoặc --soap.", "Choose --rest or --soap.")
    root = _checkout()
    wishes = Wishes(
        look_ups=tuple(_pair(each) for each in look_up or ()),
        reads=frozenset(read or ()),
        writes=frozenset(write or ()),
        personal=frozenset(personal or ()),
        only=frozenset(only or ()),
        title=title,
    )
    service = make.service_of(
        name, Style.REST if rest else Style.SOAP, _bytes(contract) if contract else None, wishes
    )
    plan = make.plan(service, root)
    if print_only:
        _print_plan(plan)
        return
    plan.write(root)
    _polish(root, [path for path in plan.new if path.endswith(".py")])
    for path in plan.new:
        typer.echo(f"+ {path}")
    for path in plan.edited:
        typer.echo(f"~ {path}")
    unfound = [each.name for each in service.actions if not each.reads and not each.look_up]
    if unfound:
        note(
            f"Chưa biết cách tra kết quả của {', '.join(unfound)}: được khai là chờ bằng chứng (--look-up GHI=ĐỌC).",
            f"Nothing finds the outcome of {', '.join(unfound)}: declared as evidence (--look-up WRITE=READ).",
        )
    say(
        f"Tiếp theo: lienthong connector check {name}; rồi matrix --write.",
        f"Next: lienthong connector check {name}; then matrix --write.",
    )


@app.command("check")
def check(
    name: _Name,
    run: Annotated[bool, typer.Option("--run/--no-run", help="Chạy bộ phép thử. / Run the suite.")] = True,
    as_json: _Json = False,
) -> None:
    """Chạy bộ phép thử, nêu bậc đạt được và luật tiếp theo. / Run the suite; the tier and the next rule to earn."""
    from adapters.cli.connector_facts import as_json as told
    from adapters.cli.connector_facts import seen

    root = _checkout()
    _known(name)
    passed = _suite_passes(root, name, quiet=as_json) if run else None
    found = seen(name, suite_passed=passed)
    if as_json:
        print_json({**told(found), "suite_passed": passed})
    else:
        _show(found, passed)
    if passed is False or not found.judgement.tier:
        raise typer.Exit(PROBLEMS)


@app.command("try")
def try_one(
    name: _Name,
    operation: Annotated[str, typer.Argument(help="Thao tác. / The operation.")],
    payload: Annotated[
        Path | None,
        typer.Option("--payload", help="Tệp JSON thay cho mẫu của phép thử. / Instead of the test's sample."),
    ] = None,
) -> None:
    """Gọi hệ thống giả lập của nó, không cần mạng. / Call its sandbox, offline."""
    from adapters.cli import connector_play as play
    from connectors.errors import CredentialsRefused, OutcomeUnknown, Rejected, Unavailable

    _checkout()
    _known(name)
    try:
        facts = None if payload is None else json.loads(_bytes(payload))
        if facts is not None and not isinstance(facts, dict):
            raise ValueError  # noqa: TRY301 - the same answer as for what is no JSON
    except ValueError:
        stop(WRONG_USE, f"{payload} không phải một đối tượng JSON.", f"{payload} is no JSON object.")
    try:
        found = play.tried(name, operation, facts)
    except play.NotThere as exc:
        _no_operation(name, operation, str(exc))
    except Rejected as exc:
        stop(FAILED, f"Bị từ chối, mã {exc.code}: {exc}", f"Refused, code {exc.code}: {exc}")
    except (Unavailable, CredentialsRefused) as exc:
        stop(PARTNER, f"Không sẵn sàng: {exc}", f"Unavailable: {exc}")
    except OutcomeUnknown as exc:
        stop(UNKNOWN, f"Chưa rõ kết quả: {exc}", f"Outcome unknown: {exc}")
    print_json(
        {
            "operation": f"{name}.{operation}",
            "class": found.operation.effect_class.value,
            "code": found.done.code,
            "final": found.done.final,
            "data": found.done.data,
            "exchanges": [
                {"operation": each.operation, "status": each.status, "outcome": each.outcome}
                for each in found.exchanges
            ],
        }
    )


@app.command("record")
def record(
    name: _Name,
    operation: Annotated[str, typer.Argument(help="Thao tác. / The operation.")],
    source: Annotated[
        Path | None,
        typer.Option("--from", help="Tệp HAR hoặc cặp hỏi đáp; không có: giả lập. / Default: the sandbox."),
    ] = None,
    entry: Annotated[
        int, typer.Option("--entry", help="Mục thứ mấy của HAR. / Entry of the HAR.", min=0)
    ] = 0,
    label: Annotated[str, typer.Option("--label", help="Thêm vào tên tệp. / Added to the file's name.")] = "",
    force: Annotated[bool, typer.Option("--force", help="Ghi đè. / Overwrite.")] = False,
) -> None:
    """Lưu một lần hỏi đáp đã che làm mẫu; từ chối nếu còn gì giống dữ liệu người. / Save a masked exchange."""
    from adapters.cli import connector_play as play
    from connectors.kit.masking import LooksPersonal, tags_of

    root = _checkout()
    _known(name)
    if label and not label.replace("-", "").replace("_", "").isalnum():
        stop(WRONG_USE, "--label: chữ, số, gạch.", "--label: letters, digits and dashes.")
    try:
        pair = play.read_pair(source, entry) if source else play.tried(name, operation).pairs[-1]
        kept = play.fixture(name, operation, pair, tags_of(name))
    except play.NotThere as exc:
        _no_operation(name, operation, str(exc))
    except LooksPersonal as exc:
        stop(
            PROBLEMS,
            f"Không ghi: trường {exc.field} giống dữ liệu người ({exc.why}) mà không có nhãn. Thêm vào PERSONAL "
            f"hoặc SHOWN của connectors/{name}/wire.py.",
            f"Not saved: {exc.field} looks personal ({exc.why}) and is not tagged. Add it to PERSONAL or SHOWN of "
            f"connectors/{name}/wire.py.",
        )
    except (OSError, ValueError) as exc:
        stop(WRONG_USE, f"Không đọc được {source}: {exc}", f"{source} cannot be read: {exc}")
    file = f"tests/contract/{name}/recorded/{operation}{'-' + label if label else ''}.json"
    if (root / file).exists() and not force:
        stop(WRONG_USE, f"Đã có {file} (--force để ghi đè).", f"{file} is there (--force overwrites).")
    (root / file).parent.mkdir(parents=True, exist_ok=True)
    (root / file).write_text(json.dumps(kept, ensure_ascii=False, indent=2) + "\n", "utf-8")
    typer.echo(f"+ {file}")


@app.command("matrix")
def matrix(
    as_json: _Json = False,
    write: Annotated[
        bool, typer.Option("--write", help="Ghi docs/systems/README.md. / Write the page.")
    ] = False,
) -> None:
    """Khả năng và bậc của mọi hệ thống. / Abilities and tiers of all systems."""
    from adapters.cli import connector_facts as facts

    root = _checkout() if write else facts.checkout()
    found = [facts.seen(name) for name in facts.systems()]
    if root is None:
        note(
            "Không có mã nguồn của phép thử ở đây: bậc không xét được.",
            "The tests are not here: tiers cannot be judged.",
        )
    if write and root is not None:
        (root / facts.PAGE).write_text(facts.matrix(found), "utf-8")
        typer.echo(f"~ {facts.PAGE}")
    elif as_json:
        print_json([facts.as_json(each) for each in found])
    else:
        for each in found:
            kinds = ", ".join(operation.name for operation in each.operations)
            tier = words(*each.judgement.tier.words) if root is not None else "-"
            typer.echo(f"{each.system:24} {tier:10} {each.speaks:12} {kinds}")


def _checkout() -> Path:
    from adapters.cli.connector_facts import checkout

    root = checkout()
    if root is None:
        stop(
            WRONG_USE,
            "Lệnh này cần mã nguồn kèm phép thử (tests/contract), không chạy được từ gói cài đặt.",
            "This needs a checkout with its tests (tests/contract); it does not work from an installed wheel.",
        )
    return root


def _known(name: str) -> None:
    from adapters.cli.connector_facts import systems

    if name not in systems():
        stop(
            WRONG_USE,
            f"Không có hệ thống '{name}': {', '.join(systems())}.",
            f"There is no system '{name}': {', '.join(systems())}.",
        )


def _no_operation(name: str, operation: str, offered: str) -> NoReturn:
    stop(
        WRONG_USE,
        f"{name} không có thao tác '{operation}': {offered}.",
        f"{name} has no operation '{operation}': {offered}.",
    )


def _bytes(file: Path) -> bytes:
    try:
        return file.read_bytes()
    except OSError as exc:
        stop(WRONG_USE, f"Không đọc được {file}: {exc.strerror}.", f"{file} cannot be read: {exc.strerror}.")


def _pair(text: str) -> tuple[str, str]:
    left, sign, right = text.partition("=")
    if not (left and sign and right):
        stop(WRONG_USE, "--look-up viết như GHI=ĐỌC.", "--look-up is written WRITE=READ.")
    return left, right


def _print_plan(plan: Plan) -> None:
    from connectors.kit.scaffold import edits

    for path, content in plan.new.items():
        typer.echo(f"+ {path} ({len(content)} B)")
    for path, wanted in edits.lines(plan.service.name).items():
        typer.echo(f"~ {path}")
        for line in wanted:
            typer.echo(f"    {line}")


def _polish(root: Path, paths: list[str]) -> None:
    """The formatter's last word, where it is installed; long names are the only thing that it has to move."""
    import subprocess
    import sys
    from importlib.util import find_spec

    if find_spec("ruff") is not None:
        subprocess.run(  # noqa: S603 - our own interpreter and our own files
            [sys.executable, "-m", "ruff", "format", "--quiet", *paths], cwd=root, check=False
        )


def _suite_passes(root: Path, name: str, *, quiet: bool) -> bool:
    import subprocess
    import sys

    command = [sys.executable, "-m", "pytest", f"tests/contract/{name}", "-q", "-p", "no:randomly"]
    run = subprocess.run(  # noqa: S603 - our own interpreter and our own tests
        command, cwd=root, check=False, capture_output=True, text=True
    )
    lines: list[Any] = run.stdout.strip().splitlines()
    if not quiet:
        for line in lines if run.returncode else lines[-1:]:
            typer.echo(line)
    return run.returncode == 0


def _show(found: Seen, passed: bool | None) -> None:
    from connectors.kit.tiers import RULES

    missing = {rule.name: names for rule, names in found.judgement.missing}
    for rule in RULES:
        mark = "✗" if rule.name in missing else "✓"
        names = missing.get(rule.name, ())
        typer.echo(
            f"{mark} {words(*rule.tier.words):7} {words(rule.vi, rule.en)}{': ' + ', '.join(names) if names else ''}"
        )
    if passed is None:
        note("Bộ phép thử chưa được chạy (--run).", "The suite was not run (--run).")
    tier = found.judgement.tier.words
    say(f"Bậc của {found.system}: {tier[0]}", f"Tier of {found.system}: {tier[1]}")
    if found.judgement.missing:
        rule = found.judgement.missing[0][0]
        say(f"Luật tiếp theo: {rule.vi}", f"Next rule to earn: {rule.en}")

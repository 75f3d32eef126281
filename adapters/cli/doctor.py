"""``lienthong doctor``: every part of the installation, one line each, with what to do."""

from __future__ import annotations

from typing import Annotated

import typer

from adapters.cli.place import ready, running_database
from adapters.cli.speech import PROBLEMS, print_json, say, words

app = typer.Typer(name="doctor", rich_markup_mode=None, add_completion=False)
_SIGNS = {"ok": ("OK", "OK"), "warning": ("CẢNH BÁO", "WARNING"), "error": ("LỖI", "ERROR")}


@app.command()
def doctor(
    only: Annotated[
        list[str] | None, typer.Option("--only", help="Chỉ kiểm tra phần này. / Only this check.")
    ] = None,
    offline: Annotated[
        bool, typer.Option("--offline", help="Không hỏi hệ thống ngoài. / Ask no outside system.")
    ] = False,
    as_json: Annotated[bool, typer.Option("--json", help="In JSON. / Print JSON.")] = False,
) -> None:
    """Kiểm tra toàn bộ hệ thống; mã thoát 6 khi có lỗi. / Check the installation; exit code 6 when something is wrong."""
    from dataclasses import asdict

    from jobs import checks

    unknown = set(only or ()) - set(checks.OFFLINE)
    if unknown:
        raise typer.BadParameter(", ".join(sorted(checks.OFFLINE)), param_hint="--only")
    settings = ready("doctor")
    found = list(checks.run(settings, running_database(settings), frozenset(only or ())))
    del offline  # partners are asked by their own checks, which come with their connectors
    if as_json:
        print_json({"checks": [asdict(each) for each in found]})
    else:
        for each in found:
            sign = words(*_SIGNS[each.verdict])
            say(f"{sign:9} {each.name:12} {each.said}", f"{sign:9} {each.name:12} {each.said}")
            if each.next_vi:
                say(f"{'':9} → {each.next_vi}", f"{'':9} → {each.next_en}")
    if any(each.verdict is checks.Verdict.WRONG for each in found):
        raise typer.Exit(PROBLEMS)

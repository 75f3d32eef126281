"""``lienthong evidence``: check the chain, hand a dossier's evidence out, make its bodies unreadable."""

from __future__ import annotations

from datetime import date, datetime
from pathlib import Path
from typing import Annotated

import typer

from adapters.cli.acting import Person, acting
from adapters.cli.place import database, ready
from adapters.cli.reading import read, show
from adapters.cli.speech import PROBLEMS, WRONG_USE, print_json, say, stop

app = typer.Typer(name="evidence", help="Chứng cứ trao đổi. / Evidence of exchanges.", no_args_is_help=True, rich_markup_mode=None, add_completion=False)  # fmt: skip
_JSON = Annotated[bool, typer.Option("--json", help="In JSON. / Print JSON.")]
_Code = Annotated[str, typer.Argument(help="Mã hồ sơ. / Dossier code.")]
_Reason = Annotated[str, typer.Option("--reason", help="Lý do, được ghi nhật ký. / Reason; it is recorded.")]
_WORDS = {
    "changed": ("Dòng đã bị sửa", "a row was changed"),
    "removed-or-added": ("Dòng bị bớt hoặc thêm", "rows were removed or added"),
    "seal": ("Niêm phong bị sửa", "a seal was changed"),
    "order": ("Niêm phong bị thiếu hoặc đảo", "seals are missing or out of order"),
    "day": ("Chốt ngày không khớp", "the end of a day does not fit"),
    "tail": ("Phần cuối bị cắt", "the tail was cut"),
}


@app.callback()
def group() -> None:
    """Chứng cứ trao đổi. / Evidence of exchanges."""


@app.command("verify")
def verify(
    day: Annotated[
        str, typer.Option("--day", help="Một ngày, dd/MM/yyyy hoặc yyyy-MM-dd. / One day only.")
    ] = "",
    as_json: _JSON = False,
) -> None:
    """Đối chiếu nhật ký trao đổi với chuỗi niêm phong; mã thoát 6 khi không khớp. / Hold the exchange log against its seals."""
    from jobs.clock import DatabaseClock
    from jobs.evidence import chain
    from jobs.store.postgres.store import PgStore

    wanted = _day(day) if day else None
    with database(ready("cli"), start=False) as place:
        store = PgStore(place.dsn, DatabaseClock(place.dsn), size=1)
        try:
            found = chain.verify(store, day=wanted)
        finally:
            store.close()
    if as_json:
        wrong = [{"kind": each.kind, "seal": each.seal, "detail": each.detail} for each in found.wrong]
        print_json({"seals": found.seals, "rows": found.rows, "head": found.head, "wrong": wrong})
    else:
        for each in found.wrong:
            vi, en = _WORDS[each.kind]
            say(
                f"KHÔNG KHỚP  {vi} · niêm phong {each.seal} · {each.detail}",
                f"WRONG  {en} · seal {each.seal} · {each.detail}",
            )
        say(
            f"{found.rows} lượt gọi trong {found.seals} niêm phong; dấu cuối {found.head or '—'}",
            f"{found.rows} exchanges in {found.seals} seals; last digest {found.head or '—'}",
        )
    if found.wrong:
        raise typer.Exit(PROBLEMS)


@app.command("export")
def export(
    code: _Code,
    out: Annotated[Path, typer.Option("--out", help="Tệp ZIP sẽ ghi; không ghi đè. / ZIP file to write.")],
    reason: _Reason,
    login: Person,
    bodies: Annotated[
        bool,
        typer.Option(
            "--bodies",
            help="Kèm nội dung gửi, nhận; cần quyền xem thông tin cá nhân. / With bodies; needs that right.",
        ),
    ] = False,
) -> None:
    """Gói chứng cứ có chữ ký của một hồ sơ; kiểm tra bằng docs/tools/verify_evidence.py. / A signed pack of a dossier's evidence."""
    if out.exists():
        stop(WRONG_USE, f"Tệp {out} đã có.", f"{out} exists already.")
    with acting(login, "see-personal" if bodies else "see") as (services, actor):
        content = services.evidence.export(code, reason=reason, bodies=bodies, actor=actor)
        # Whoever else uses this machine must not read it.
        out.touch(mode=0o600, exist_ok=False)
        out.write_bytes(content)
    say(f"Đã ghi {out} ({len(content)} byte).", f"{out} is written ({len(content)} bytes).")


@app.command("erase")
def erase(
    code: _Code,
    reason: _Reason,
    login: Person,
    confirm: Annotated[
        bool, typer.Option("--confirm", help="Người thứ hai xác nhận. / The second person confirms.")
    ] = False,
    decline: Annotated[
        bool, typer.Option("--decline", help="Người thứ hai từ chối. / The second person declines.")
    ] = False,
) -> None:
    """Hủy khóa của hồ sơ: nội dung trao đổi không đọc được nữa; cần hai người. / Destroy a dossier's key; takes two people."""
    if confirm and decline:
        raise typer.BadParameter("--confirm | --decline")
    with acting(login, "erase-evidence") as (services, actor):
        if confirm or decline:
            services.evidence.decide_erasure(code, accept=confirm, reason=reason, actor=actor)
        else:
            services.evidence.ask_erasure(code, reason=reason, actor=actor)
    if confirm:
        say("Đã hủy khóa. Nội dung trao đổi không đọc được nữa.", "The key is destroyed. The bodies cannot be read any more.")  # fmt: skip
    elif decline:
        say("Đã từ chối.", "Declined.")
    else:
        say("Đã ghi đề nghị; chờ người thứ hai xác nhận (--confirm).", "Asked; a second person must confirm (--confirm).")  # fmt: skip


@app.command("erasures")
def erasures(as_json: _JSON = False) -> None:
    """Đề nghị xóa đang chờ người thứ hai. / What waits for a second person."""
    from jobs.store.postgres import evidence as rows

    show("erasures", read(rows.open_erasures), as_json=as_json)


@app.command("rewrap")
def rewrap(login: Person) -> None:
    """Bọc lại mọi khóa hồ sơ bằng khóa chủ hiện tại, sau khi thay khóa chủ. / Bring all keys under the current master key."""
    with acting(login, "manage-people") as (services, actor):
        done = services.evidence.rewrap(actor=actor)
    say(f"Đã bọc lại {done} khóa.", f"{done} keys were rewrapped.")


def _day(text: str) -> date:
    found: date | None = None
    for form in ("%d/%m/%Y", "%Y-%m-%d"):
        try:
            found = datetime.strptime(text, form).date()  # noqa: DTZ007 - a day has no zone
        except ValueError:
            continue
    if found is None:
        stop(WRONG_USE, f"Không hiểu ngày {text!r}.", f"{text!r} is no day.")
    return found

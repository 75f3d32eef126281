"""``lienthong signature``: is a signed PDF or XML file what it says it is, by roots that the caller names."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta, timezone
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from adapters.cli.speech import PROBLEMS, SETTINGS, UNKNOWN, WRONG_USE, note, print_json, say, stop, words

if TYPE_CHECKING:  # heavy imports stand inside the commands: the start stays short
    from mappings.canonical.signature import FileReport, SignatureReport

INVALID, INDETERMINATE, UNSIGNED, MALFORMED = PROBLEMS, UNKNOWN, 8, 9
EXIT_CODES = (
    "Mã thoát / Exit codes: 0 mọi chữ ký hợp lệ / every signature is VALID · 2 dùng sai / wrong use · "
    "3 không dùng được chứng thư gốc / trust cannot be used · 6 không hợp lệ / INVALID · "
    "7 chưa kết luận được / INDETERMINATE · 8 không có chữ ký / UNSIGNED · 9 tệp hỏng / MALFORMED"
)
_HERE = timezone(timedelta(hours=7))
_TREES = {"citizen": "NEAC", "official": "VGCA"}

app = typer.Typer(
    name="signature",
    help="Chữ ký số trên tệp PDF và XML. / Signatures in PDF and XML files.",
    no_args_is_help=True,
)


@app.callback()
def _group() -> None:
    """Chữ ký số trên tệp PDF và XML. / Signatures in PDF and XML files."""


_File = Annotated[Path, typer.Argument(help="Tệp PDF hoặc XML. / The PDF or XML file.")]
_Roots = Annotated[
    Path | None,
    typer.Option(
        "--roots",
        help="Thư mục chứng thư gốc tin cậy; có trust.toml thì theo danh sách ấy. "
        "/ Directory of trusted roots; its trust.toml decides when there is one.",
    ),
]
_Intermediates = Annotated[
    Path | None,
    typer.Option("--intermediates", help="Thư mục chứng thư trung gian. / Directory of issuing CAs."),
]
_Crls = Annotated[
    Path | None,
    typer.Option("--crls", help="Thư mục danh sách thu hồi (CRL, OCSP). / Directory of revocation data."),
]
_At = Annotated[
    str,
    typer.Option(
        "--at", help="Thời điểm xét, giờ Việt Nam nếu không ghi múi giờ. / Moment, ISO 8601; default now."
    ),
]
_For = Annotated[
    str,
    typer.Option(
        "--for",
        help="citizen (công dân, doanh nghiệp: NEAC) hoặc official (công vụ: VGCA). / Which tree may vouch.",
    ),
]
_Element = Annotated[
    str,
    typer.Option(
        "--element", help="Phần XML được sử dụng, như /HDon/DLHDon. / The XML element that is read."
    ),
]
_Content = Annotated[
    Path | None,
    typer.Option(
        "--content", help="Tệp dữ liệu của chữ ký XML tách rời. / Data of a detached XML signature."
    ),
]
_Signer = Annotated[
    str,
    typer.Option("--signer", help="Số định danh hoặc mã số thuế phải ký. / Number of who must have signed."),
]
_Declared = Annotated[
    bool,
    typer.Option(
        "--revocation-where-declared",
        help="Chỉ đòi dữ liệu thu hồi khi chứng thư có nêu địa chỉ. "
        "/ Ask for revocation data only where a certificate names its list or responder.",
    ),
]
_Json = Annotated[bool, typer.Option("--json", help="In JSON. / Print JSON.")]


@app.command("verify", epilog=EXIT_CODES)
def verify(
    file: _File,
    roots: _Roots = None,
    intermediates: _Intermediates = None,
    crls: _Crls = None,
    at: _At = "",
    who: _For = "",
    element: _Element = "",
    content: _Content = None,
    signer: _Signer = "",
    declared_only: _Declared = False,
    as_json: _Json = False,
) -> None:
    """Kiểm tra mọi chữ ký trong một tệp. Không kết nối mạng. / Check every signature of a file. Connects to nothing."""
    from connectors.signature_check.asked import Asked, packed
    from connectors.signature_check.isolation import Pool
    from connectors.signature_check.settings import Limits
    from connectors.signature_check.trust import TrustRefused, load
    from mappings.canonical.signature import Tree, demanded

    if roots is None:
        stop(
            WRONG_USE,
            "Cần nêu thư mục chứng thư gốc bằng --roots: không dùng danh sách gốc của hệ điều hành.",
            "Name the directory of trusted roots with --roots: the operating system's list is never used.",
        )
    for path in (file, content):
        if path is not None and not path.is_file():
            stop(WRONG_USE, f"Không có tệp {path}.", f"There is no file {path}.")
    if who not in ("", *_TREES):
        stop(WRONG_USE, "--for là citizen hoặc official.", "--for is citizen or official.")
    moment = _moment(at)
    try:
        trust = load(roots, intermediates, crls)
    except TrustRefused as exc:
        stop(SETTINGS, exc.message_vi, exc.message_en)
    if who and not trust.reviewed:
        stop(
            SETTINGS,
            "--for cần danh sách trust.toml: không có danh sách thì không biết gốc nào thuộc NEAC hay VGCA.",
            "--for needs a list (trust.toml): without it nobody knows which root is NEAC's or VGCA's.",
        )
    asked = Asked(
        moment,
        past=bool(at),
        tree=Tree(_TREES[who]) if who else None,
        place=element,
        contents=(("*", str(content.absolute())),) if content is not None else (),
        every_level=not declared_only,
    )
    with Pool(Limits(workers=1)) as pool:
        report = pool.check(file, asked, packed(trust))
    if signer:
        report = demanded(report, signer)
    if as_json:
        print_json(_json(report))
    else:
        if not trust.reviewed:
            note(
                "Lưu ý: thư mục chứng thư gốc không có danh sách trust.toml đã duyệt.",
                "Note: the directory of roots has no reviewed list (trust.toml).",
            )
        _show(report)
    code = {"VALID": 0, "INVALID": INVALID, "INDETERMINATE": INDETERMINATE, "UNSIGNED": UNSIGNED, "MALFORMED": MALFORMED}  # fmt: skip
    raise typer.Exit(code[report.verdict.value])


@app.command("sessions")
def sessions(as_json: _Json = False) -> None:
    """Các phiên ký số mới nhất, không có dữ liệu cá nhân. / The newest signing sessions, nothing personal."""
    from adapters.cli.reading import read, show
    from jobs.store.postgres import signatures as rows

    show("sessions", read(rows.sessions), as_json=as_json)


@app.command("usage")
def usage(as_json: _Json = False) -> None:
    """Số phiên và tệp đã ký theo tháng, dịch vụ, cơ quan. / Sessions and signed files per month, provider, agency."""
    from adapters.cli.reading import read, show
    from jobs.store.postgres import signatures as rows

    show("usage", read(rows.usage), as_json=as_json)


def _moment(text: str) -> datetime:
    """A moment as people write it; a day alone is its end in Viet Nam."""
    if not text:
        from connectors.kit.seams import MachineClock

        return MachineClock().now()
    try:
        day, found = date.fromisoformat(text) if len(text) == 10 else None, None
        if day is None:
            found = datetime.fromisoformat(text)
    except ValueError:
        stop(
            WRONG_USE,
            f"Không hiểu thời điểm {text}: viết như 2026-11-24T10:00 hoặc 2026-11-24.",
            f"{text} is no moment: 2026-11-24T10:00 or 2026-11-24.",
        )
    if found is None:
        assert day is not None  # noqa: S101 - narrows the type
        return datetime(day.year, day.month, day.day, 23, 59, 59, tzinfo=_HERE).astimezone(UTC)
    return (found if found.tzinfo else found.replace(tzinfo=_HERE)).astimezone(UTC)


def _json(report: FileReport) -> dict[str, Any]:
    from mappings.canonical.codec import to_json
    from mappings.tables.signature_reasons import REASONS

    held = dict.fromkeys([*report.reasons, *(reason for one in report.signatures for reason in one.reasons)])
    return {
        "schema": 1,
        **to_json(report),
        "worth_trying_again": report.worth_trying_again,
        "words": {reason.value: dict(zip(("vi", "en"), REASONS[reason], strict=True)) for reason in held},
    }


def _show(report: FileReport) -> None:
    from mappings.tables.signature_reasons import REASONS, VERDICTS

    verdict = words(*VERDICTS[report.verdict])
    say(f"{verdict} · {report.name}", f"{verdict} · {report.name}")
    for reason in report.reasons:
        typer.echo(f"  {words(*REASONS[reason])} [{reason.value}]")
    for number, one in enumerate(report.signatures, 1):
        _show_one(f"{number}/{len(report.signatures)}", one)
    say(
        f"Xét tại thời điểm: {_time(report.checked_for)}. SHA-256: {report.sha256 or '-'}",
        f"Judged for: {_time(report.checked_for)}. SHA-256: {report.sha256 or '-'}",
    )


def _show_one(number: str, one: SignatureReport) -> None:
    from mappings.canonical.signature import SignatureKind
    from mappings.tables.signature_reasons import CHANGES, COVERAGES, REASONS, VERDICTS

    stamp = one.kind is SignatureKind.TIMESTAMP
    kind = words("Dấu thời gian", "Time stamp") if stamp else words("Chữ ký", "Signature")
    typer.echo(f"{kind} {number} · {one.field} · {words(*VERDICTS[one.verdict])}")
    if one.signer is not None:
        numbers = ", ".join(f"{item.kind} {item.value}" for item in one.signer.numbers)
        name = " · ".join(part for part in (one.signer.name, one.signer.organisation, numbers) if part)
        tree = f" ({one.signer.tree.value})" if one.signer.tree else ""
        say(f"  Người ký: {name}", f"  Signer: {name}")
        say(f"  Nơi cấp: {one.signer.issuer}{tree}", f"  Issuer: {one.signer.issuer}{tree}")
    if one.proven_at is not None:
        say(
            f"  Thời điểm ký: {_time(one.proven_at)} (có dấu thời gian chứng minh)",
            f"  Signed at: {_time(one.proven_at)} (proven by a time stamp)",
        )
    elif one.claimed_at is not None:
        say(
            f"  Thời điểm ký: {_time(one.claimed_at)} (theo máy của người ký, chưa được chứng minh)",
            f"  Signed at: {_time(one.claimed_at)} (by the signer's own clock, not proven)",
        )
    intact = {
        True: ("nguyên vẹn", "intact"),
        False: ("ĐÃ BỊ THAY ĐỔI", "CHANGED"),
        None: ("chưa xác định được", "could not be told"),
    }[one.intact]
    place = f" ({one.signed_place})" if one.signed_place else ""
    say(f"  Dữ liệu được ký: {intact[0]}", f"  Signed data: {intact[1]}")
    say(
        f"  Phạm vi ký: {COVERAGES[one.coverage][0]}{place}; thay đổi sau khi ký: {CHANGES[one.changes][0]}",
        f"  Covers: {COVERAGES[one.coverage][1]}{place}; added later: {CHANGES[one.changes][1]}",
    )
    if one.algorithms is not None:
        used = f"{one.algorithms.digest}, {one.algorithms.signature}, {one.algorithms.key}"
        say(f"  Thuật toán: {used}", f"  Algorithms: {used}")
    for reason in one.reasons:
        text = words(*REASONS[reason])
        say(f"  Lý do: {text} [{reason.value}]", f"  Reason: {text} [{reason.value}]")


def _time(moment: datetime) -> str:
    return moment.astimezone(_HERE).strftime("%d/%m/%Y %H:%M:%S (GMT+7)")

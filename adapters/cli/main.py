"""The command ``lienthong``. Groups are loaded when they are asked for, so that help comes at once."""

from __future__ import annotations

import sys
from importlib import import_module
from importlib.util import find_spec
from typing import Annotated, Any

import typer
from typer.core import TyperGroup
from typer.exceptions import TyperException

from adapters.cli.speech import EXIT_CODES, INTERRUPTED, settle

_COMMANDS = {
    "run": "Chạy dịch vụ: api, worker, scheduler, all. / Run processes.",
    "db": "Cơ sở dữ liệu: nâng cấp, kiểm tra. / Database: migrate, check.",
    "doctor": "Kiểm tra toàn bộ hệ thống. / Check the whole installation.",
    "dossier": "Hồ sơ và dòng thời gian. / A dossier and its time line.",
    "jobs": "Tác vụ liên thông: danh sách, thử lại, giải thích. / Effects: list, retry, explain.",
    "refunds": "Hoàn tiền (chỉ xem). / Refunds (read only).",
    "reconcile": "Đối soát, cả trên tệp rời. / Reconciliation, also on files alone.",
    "statements": "Tệp sao kê và tệp đối soát: đọc thử. / Statement and settlement files: read and check.",
    "sync": "Đồng bộ hồ sơ: đã có, so sánh, gửi lại. / Dossiers told to other systems.",
    "reuse": "Khai thác CSDL quốc gia: đã hỏi gì, ai xem ai. / Questions to national databases.",
    "mappings": "Bảng mã: kiểm tra, xem, đề xuất. / Code tables: check, list, propose.",
    "inbound": "Hồ sơ và tin gửi đến: danh sách, thử lại, khai báo. / What others send: list, retry, set-up.",
    "signature": "Chữ ký số trên tệp PDF, XML: kiểm tra. / Signatures in PDF and XML files: verify.",
    "evidence": "Chứng cứ trao đổi: kiểm tra chuỗi, xuất gói, xóa. / Evidence: verify, export, erase.",
    "switch": "Hai bản của một hệ thống: chuyển, quay lại, khác biệt. / Two versions of a system: switch, differences.",
    "calendar": "Lịch làm việc: ngày nghỉ, làm bù. / Working calendar: holidays, swapped days.",
    "sandbox": "Hệ thống giả lập. / Stand-ins of outside systems.",
    "connector": "Kết nối: tạo, kiểm tra, thử, ghi mẫu. / Connectors: make, check, try, record.",
}


class _Groups(TyperGroup):
    """Imports a command's module when it is used; help needs only the table above."""

    def list_commands(self, ctx: Any) -> list[str]:  # noqa: ARG002 - click's signature
        return [name for name in _COMMANDS if find_spec(f"adapters.cli.{name}") is not None]

    def get_command(self, ctx: Any, cmd_name: str) -> Any:
        if cmd_name not in self.list_commands(ctx):
            return None
        return typer.main.get_command(import_module(f"adapters.cli.{cmd_name}").app)

    def format_commands(self, ctx: Any, formatter: Any) -> None:
        with formatter.section("Lệnh / Commands"):
            formatter.write_dl([(name, _COMMANDS[name]) for name in self.list_commands(ctx)])


app = typer.Typer(
    cls=_Groups,
    name="lienthong",
    help="Liên Thông: trục nối phần mềm một cửa với cổng thanh toán, ngân hàng và kho bạc.\n\n"
    "Middleware between a province's case system and payment gateways, bank and treasury.",
    epilog=EXIT_CODES,
    no_args_is_help=True,
    rich_markup_mode=None,
    pretty_exceptions_enable=False,
    context_settings={"help_option_names": ["-h", "--help"], "max_content_width": 110},
)


@app.callback()
def root(
    language: Annotated[
        str, typer.Option("--lang", help="vi hoặc en; mặc định theo máy. / vi or en; default: the locale.")
    ] = "",
    debug: Annotated[
        bool, typer.Option("--debug", help="In chi tiết khi lỗi. / Show the trace of an error.")
    ] = False,
    version: Annotated[bool, typer.Option("--version", help="In phiên bản. / Print the version.")] = False,
) -> None:
    """Liên Thông."""
    if language not in ("", "vi", "en"):
        raise typer.BadParameter("vi | en", param_hint="--lang")
    settle(language, debug)
    if version:
        from importlib.metadata import PackageNotFoundError
        from importlib.metadata import version as version_of

        try:
            typer.echo(version_of("lienthong"))
        except PackageNotFoundError:
            typer.echo("0 (chưa cài / not installed)")
        raise typer.Exit


def main(arguments: list[str] | None = None) -> int:
    """Run one command; its exit code. Errors become a sentence, a cause and a next step."""
    given = sys.argv[1:] if arguments is None else arguments
    # Before anything is read, so that even a wrong option is answered in the right language.
    settle("en" if _after(given, "--lang") == "en" else "", "--debug" in given)
    try:
        result = app(given, prog_name="lienthong", standalone_mode=False)
    except (KeyboardInterrupt, typer.Abort):
        return INTERRUPTED
    except TyperException as exc:  # wrong use: the library's own sentence names the option
        show = getattr(exc, "show", None)
        if show is not None:
            show()
        return exc.exit_code
    except Exception as exc:  # noqa: BLE001 - the outermost boundary: a person reads what comes next
        from adapters.cli.failures import report

        return report(exc)
    return result if isinstance(result, int) else 0


def entry() -> None:
    """The installed command."""
    sys.exit(main())


def _after(arguments: list[str], option: str) -> str:
    for index, argument in enumerate(arguments[:-1]):
        if argument == option:
            return arguments[index + 1]
    return next((a.partition("=")[2] for a in arguments if a.startswith(option + "=")), "")


if __name__ == "__main__":
    entry()

"""``lienthong sandbox``: start stand-ins of outside systems on this machine, and make them misbehave."""

from __future__ import annotations

import shlex
from typing import Annotated

import typer

from adapters.cli.speech import PARTNER, WRONG_USE, note, print_json, say, stop, words

app = typer.Typer(
    name="sandbox",
    help="Hệ thống giả lập. / Stand-ins of outside systems.",
    no_args_is_help=True,
    rich_markup_mode=None,
    add_completion=False,
)
_DEFAULT_PORT = 8090
_NAMES = {"bank": "statements", "treasury": "statements"}
_Url = Annotated[str, typer.Option("--url", help="Địa chỉ hệ thống giả lập. / Where the stand-ins are.")]


@app.command("up")
def up(
    names: Annotated[
        list[str] | None,
        typer.Argument(
            help="igate, vnpay, payment_platform, bank; mặc định tất cả. / Which; default all of them."
        ),
    ] = None,
    port: Annotated[int, typer.Option("--port", help="Cổng. / Port.", min=0, max=65535)] = _DEFAULT_PORT,
    product: Annotated[
        str,
        typer.Option(
            "--product",
            help="Địa chỉ Liên Thông để nhận tin báo. / Where the product takes notifications.",
        ),
    ] = "http://127.0.0.1:8080",
    as_json: Annotated[bool, typer.Option("--json", help="In JSON. / Print JSON.")] = False,
) -> None:
    """Chạy hệ thống giả lập tới khi bị ngắt; in biến môi trường để nối tới. / Serve until interrupted."""
    import signal

    from adapters.cli.day.outside import SYSTEMS, Outside, Secrets, stand_ins
    from connectors.kit.sandbox import serve
    from connectors.kit.seams import RandomIds

    systems = tuple(dict.fromkeys(map(_system, names or SYSTEMS)))
    url = f"http://127.0.0.1:{port or _free_port()}"
    outside = Outside(url, product.rstrip("/"), Secrets.fresh(RandomIds()))
    # Before any thread is started: one that does not hold them would let them end the process at once.
    signal.pthread_sigmask(signal.SIG_BLOCK, {signal.SIGTERM, signal.SIGINT})
    try:
        server = serve(*stand_ins(outside, systems=systems), port=int(url.rpartition(":")[2]))
    except OSError as exc:
        stop(
            PARTNER,
            f"Không mở được cổng: {exc.strerror}. Chọn cổng khác bằng --port.",
            f"The port cannot be opened: {exc.strerror}. Choose another with --port.",
        )
    if as_json:
        print_json({"url": url, "systems": systems, "environment": outside.variables(systems)})
    else:
        say(f"Hệ thống giả lập tại {url}: {', '.join(systems)}", f"Stand-ins at {url}: {', '.join(systems)}")
        for name, value in outside.variables(systems).items():
            typer.echo(f"export {name}={shlex.quote(value)}")
    signal.sigwait({signal.SIGTERM, signal.SIGINT})
    server.close()
    note("Đã dừng.", "Stopped.")


@app.command("fail")
def fail(
    name: Annotated[str, typer.Argument(help="igate, vnpay, payment_platform, bank.")],
    kind: Annotated[
        str, typer.Option("--kind", help="slow, lose_answer, lose_request, half, closed, too_many, …")
    ] = "",
    lose_answer: Annotated[
        bool, typer.Option("--lose-answer", help="Làm xong rồi mất câu trả lời. / Act, then lose the answer.")
    ] = False,
    operation: Annotated[
        str, typer.Option("--operation", help="Thao tác; mặc định mọi thao tác. / Default: all.")
    ] = "*",
    times: Annotated[int, typer.Option("--times", help="Số lần; 0: tới khi sửa. / 0: until mended.")] = 0,
    every: Annotated[int, typer.Option("--every", help="Mỗi lần thứ n. / Each n-th one.", min=1)] = 1,
    seconds: Annotated[float, typer.Option("--seconds", help="Độ trễ, Retry-After. / Delay.")] = 0.0,
    mend: Annotated[bool, typer.Option("--mend", help="Hết lỗi. / Faults end.")] = False,
    url: _Url = f"http://127.0.0.1:{_DEFAULT_PORT}",
) -> None:
    """Làm một hệ thống giả lập chạy sai. / Make a stand-in misbehave."""
    from adapters.cli.day.calls import CallFailed, Place

    wanted = "lose_answer" if lose_answer else kind
    if bool(wanted) == mend:
        stop(WRONG_USE, "Cần --kind, --lose-answer hoặc --mend.", "Give --kind, --lose-answer or --mend.")
    place = Place(url.rstrip("/"))
    facts = {
        "system": _system(name),
        "operation": operation,
        "kind": wanted,
        "every": every,
        "seconds": seconds,
    }
    if times:
        facts["times"] = times
    try:
        if mend:
            reply = place.delete(f"/_sandbox/faults?operation={operation if operation != '*' else ''}")
        else:
            reply = place.post("/_sandbox/faults", facts)
    except CallFailed:
        stop(
            PARTNER,
            f"Không có hệ thống giả lập tại {url}. Chạy 'lienthong sandbox up'.",
            f"There are no stand-ins at {url}. Run 'lienthong sandbox up'.",
        )
    if reply.status >= 400:
        stop(WRONG_USE, f"Bị từ chối: {reply.text}", f"Refused: {reply.text}")
    typer.echo(words("Đã đặt.", "Set."))


def _system(name: str) -> str:
    from adapters.cli.day.outside import SYSTEMS

    found = _NAMES.get(name, name)
    if found not in SYSTEMS:
        stop(
            WRONG_USE,
            f"Không có hệ thống '{name}': {', '.join(SYSTEMS)}.",
            f"There is no system '{name}': {', '.join(SYSTEMS)}.",
        )
    return found


def _free_port() -> int:
    import socket

    with socket.socket() as door:
        door.bind(("127.0.0.1", 0))
        return int(door.getsockname()[1])

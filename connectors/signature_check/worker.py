"""The process that opens other people's files: limits first, then one file after the other, one line of JSON in and out.

It opens no connection, starts no program and writes no file; whoever breaks into it gets nothing but this.
"""

from __future__ import annotations

import asyncio
import hashlib
import json
import os
import resource
import sys
from datetime import datetime
from typing import IO, Any

from mappings.canonical.codec import to_json
from mappings.canonical.signature import FileReport, Reason, Tree, gathered, judged

_FORBIDDEN = ("socket.connect", "socket.bind", "socket.getaddrinfo", "subprocess.Popen", "os.system", "os.exec", "os.posix_spawn", "os.fork")  # fmt: skip
_PIECE = 1_048_576


def _walled(address_space: int) -> None:
    """From here on no more memory than that, no core, no files, no way out."""
    resource.setrlimit(resource.RLIMIT_AS, (address_space, address_space))
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    resource.setrlimit(resource.RLIMIT_FSIZE, (0, 0))

    def refuse(event: str, _: Any) -> None:
        if event in _FORBIDDEN:
            raise PermissionError(event)

    sys.addaudithook(refuse)


def _quiet() -> None:
    """The libraries describe certificates in their warnings: names of people have no business in a log."""
    import logging
    import warnings

    logging.disable(logging.CRITICAL)
    warnings.simplefilter("ignore")


def report_of(line: dict[str, Any], believed: Any, limits: Any) -> FileReport:
    """One file, judged. Only MemoryError leaves here."""
    from connectors.signature_check.asked import Asked
    from connectors.signature_check.unfit import Unfit

    asked = Asked(
        datetime.fromisoformat(line["moment"]),
        line["past"],
        Tree(line["tree"]) if line["tree"] else None,
        line["place"],
        tuple((uri, path) for uri, path in line["contents"]),
        line["every_level"],
    )
    blank = FileReport(
        line["name"], "", 0, "", judged([Reason.UNREADABLE]), (Reason.UNREADABLE,), asked.moment
    )
    try:
        with open(line["path"], "rb") as stream:  # noqa: PTH123 - one handle for size, digest and reader
            return _looked_into(stream, blank, asked, believed, limits)
    except Unfit as exc:
        return _refused(blank, exc.reason)
    except MemoryError:
        raise
    except Exception:  # noqa: BLE001 - readers let bare TypeError and RecursionError out; each is a verdict, never a trace
        return blank


def _looked_into(stream: IO[bytes], blank: FileReport, asked: Any, believed: Any, limits: Any) -> FileReport:
    from dataclasses import replace

    from connectors.signature_check import pdf, pdf_scan, xml
    from connectors.signature_check.unfit import Unfit

    size = os.fstat(stream.fileno()).st_size
    blank = replace(blank, size=size)
    if size == 0:
        return _refused(blank, Reason.EMPTY)
    head = stream.read(1_024)
    stream.seek(0)
    kind = "pdf" if pdf_scan.is_pdf(head) else "xml" if _may_be_xml(head) else ""
    if not kind:
        return _refused(blank, Reason.NOT_PDF_OR_XML)
    blank = replace(blank, kind=kind)
    if size > (limits.pdf_bytes if kind == "pdf" else limits.xml_bytes):
        return _refused(blank, Reason.TOO_LARGE)
    blank = replace(blank, sha256=_digest(stream))
    clear = replace(blank, reasons=())
    try:
        if kind == "pdf":
            pdf_scan.refuse_long_strings(stream, limits.signature_bytes)
            found = asyncio.run(pdf.judged_signatures(stream, asked, believed, limits))
        else:
            found = asyncio.run(xml.judged_signatures(stream.read(), asked, believed, limits))
    except Unfit as exc:
        return _refused(blank, exc.reason)
    except MemoryError:
        raise
    except Exception:  # noqa: BLE001 - see above
        return _refused(blank, Reason.UNREADABLE)
    return gathered(clear, found)


def _digest(stream: IO[bytes]) -> str:
    made = hashlib.sha256()
    while piece := stream.read(_PIECE):
        made.update(piece)
    stream.seek(0)
    return made.hexdigest()


def _may_be_xml(head: bytes) -> bool:
    start = head.removeprefix(b"\xef\xbb\xbf")
    if start[:2] in (b"\xff\xfe", b"\xfe\xff"):
        start = start[2:].replace(b"\0", b"")
    return start.lstrip().startswith(b"<")


def _refused(blank: FileReport, reason: Reason) -> FileReport:
    from dataclasses import replace

    return replace(blank, reasons=(reason,), verdict=judged([reason]), signatures=())


def main() -> None:
    """``{"limits": …}`` first, then ``{"trust": …}`` and ``{"file": …}`` lines on standard input; answers on the output."""
    answers = os.fdopen(os.dup(1), "w", encoding="utf-8")
    os.dup2(os.open(os.devnull, os.O_WRONLY), 1)  # nothing that a library prints may look like an answer
    from connectors.signature_check.settings import Limits

    limits = Limits.model_validate(json.loads(sys.stdin.readline())["limits"])
    from connectors.signature_check import pdf, xml  # noqa: F401 - paid for before the first file and before the wall
    from connectors.signature_check.asked import unpacked
    from connectors.signature_check.chain import Believed

    _quiet()
    _walled(limits.address_space_bytes)
    believed: Believed | None = None
    answers.write("ready\n")
    answers.flush()
    for text in sys.stdin:
        line = json.loads(text)
        if "trust" in line:
            believed = Believed.of(unpacked(line["trust"]))
            continue
        try:
            answer = {"report": to_json(report_of(line["file"], believed, limits))}
        except MemoryError:
            answer = {"failed": Reason.MEMORY_LIMIT.value}
        used = resource.getrusage(resource.RUSAGE_SELF)
        answer["cpu_ms"] = round((used.ru_utime + used.ru_stime) * 1000)
        answers.write(json.dumps(answer) + "\n")
        answers.flush()


if __name__ == "__main__":
    main()

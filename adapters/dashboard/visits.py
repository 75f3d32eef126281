"""One visit of a signed-in person: session, right, foreign-site check, one-time keys, error pages."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any
from urllib.parse import parse_qs, quote, urlsplit

import structlog
from starlette.concurrency import run_in_threadpool
from starlette.datastructures import UploadFile
from starlette.requests import Request
from starlette.responses import HTMLResponse, RedirectResponse, Response

from adapters import errors
from adapters.dashboard.render import form_key, html
from adapters.dashboard.words import knows, say
from adapters.errors import Problem
from adapters.ports import Edge
from jobs.access import tokens
from jobs.access.model import Actor, ActorKind, Person, Right
from jobs.store.postgres import access as rows

log = structlog.get_logger(__name__)

MOST_FORM_BYTES = 65_536
MOST_UPLOAD_BYTES = 60_000_000


@dataclass(slots=True)
class Visit:
    """What a page is given.

    Attributes:
        form: fields of a posted form, the last value of each.
        upload: name and content of a posted file.
        now: the installation's time.
    """

    edge: Edge
    request: Request
    person: Person
    actor: Actor
    now: datetime
    form: Mapping[str, str] = field(default_factory=dict)
    upload: tuple[str, bytes] | None = None

    @property
    def language(self) -> str:
        return self.person.language

    def may(self, right: Right) -> bool:
        """Whether the person holds the right now."""
        return self.person.may(right)

    def ask(self, name: str, most: int = 80) -> str:
        """A parameter of the address, cut at ``most`` characters."""
        return self.request.query_params.get(name, "").replace("\0", "").strip()[:most]

    def field(self, name: str, most: int = 2_000) -> str:
        """A field of the posted form."""
        return self.form.get(name, "").replace("\0", "").strip()[:most]

    def reason(self) -> str:
        """The reason that every act asks for.

        Raises:
            Problem: none was given.
        """
        given = self.field("reason", 500)
        if len(given) < 3:
            raise Problem(errors.BAD_INPUT, say("error.need_reason", "vi"), say("error.need_reason", "en"))
        return given

    def page(self, template: str, *, section: str, title: str, **facts: Any) -> HTMLResponse:
        """A page in the frame."""
        flash_key = self.ask("done")
        url = self.request.url
        return html(
            template,
            self.language,
            section=section,
            title=title,
            person=self.person,
            sandbox=self.edge.sandbox,
            now=self.now,
            here=f"{url.path}?{url.query}" if url.query else url.path,
            form_key=form_key(),
            new_key=form_key,
            actor_word=lambda name: actor_word(name, self.language),
            may=lambda right: self.may(Right(right)),
            flash=say(flash_key, self.language) if flash_key and knows(flash_key) else None,
            flash_tone="good",
            query=facts.pop("query", None),
            live=facts.pop("live", None),
            **facts,
        )


def actor_word(name: str, language: str) -> str:
    """Who acted, in words: a person by login, everything else by its kind."""
    kind, _, rest = name.partition(":")
    if not name:
        return say("actor.nobody", language)
    if kind == "person":
        return rest
    if rest and knows(f"actor.{kind}"):
        return say(f"actor.{kind}", language, name=rest)
    return say("actor.system", language) if name == "system" else name


def cookie_name(edge: Edge) -> str:
    """Over TLS the name binds the cookie to this host."""
    return "__Host-lt" if edge.public_url.startswith("https://") else "lt"


def page(
    edge: Edge, handler: Callable[[Visit], Response], *, right: Right = Right.SEE, action: str = ""
) -> Callable[[Request], Any]:
    """An ASGI endpoint for a page, or with ``action`` for a posted form that happens once."""

    def run(request: Request, form: Mapping[str, str], upload: tuple[str, bytes] | None) -> Response:
        visit = _visit(edge, request, right, form=form, upload=upload, posted=bool(action))
        if isinstance(visit, Response):
            return visit
        return _once(visit, handler, action) if action else handler(visit)

    async def serve(request: Request) -> Response:
        try:
            if action:
                refuse_foreign(request)
            form, upload = await _form(request) if action else ({}, None)
            return await run_in_threadpool(run, request, form, upload)
        except Exception as exc:  # noqa: BLE001 - the boundary: every error becomes what a caller may see
            return error_page(request, exc, _language(request))

    return serve


def refuse_foreign(request: Request) -> None:
    """Refuse an unsafe request that another site caused.

    Raises:
        Problem: the browser says so, or nothing says that it came from us.
    """
    site = request.headers.get("sec-fetch-site")
    if site == "same-origin":
        return
    origin = request.headers.get("origin")
    if site is None and origin and urlsplit(origin).netloc == request.headers.get("host"):
        return
    raise Problem(errors.NO_RIGHT, say("error.foreign", "vi"), say("error.foreign", "en"))


def _visit(
    edge: Edge,
    request: Request,
    right: Right,
    *,
    form: Mapping[str, str],
    upload: tuple[str, bytes] | None,
    posted: bool,
) -> Visit | Response:
    """The visit of a person who may be here, or the way to the sign-in."""
    token = request.cookies.get(cookie_name(edge), "")
    person = edge.access.person(token) if token else None
    if person is None:
        target = "/" if posted else request.url.path + (f"?{request.url.query}" if request.url.query else "")
        return RedirectResponse(f"/sign-in?next={quote(target)}", 303)
    request.state.language = person.language
    if not person.may(right):
        raise Problem(errors.NO_RIGHT, say("error.no_right", "vi"), say("error.no_right", "en"))
    address = request.client.host if request.client else ""
    actor = Actor(ActorKind.PERSON, person.login, address, request.scope["trace_id"])
    return Visit(edge, request, person, actor, edge.clock.now(), form, upload)


def _once(visit: Visit, handler: Callable[[Visit], Response], action: str) -> Response:
    key = visit.form.get("action_key", "")
    if len(key) < 20:
        raise Problem(errors.BAD_INPUT, say("error.form_old", "vi"), say("error.form_old", "en"))
    digest, store = tokens.digest(key), visit.edge.store
    with store.transaction("action-key") as tx:
        fresh, location = rows.use_action_key(tx, digest, visit.person.id, action)
    if not fresh:
        return RedirectResponse(location or _back(visit.request), 303)
    try:
        answer = handler(visit)
    except Exception as exc:
        if errors.kind_of(exc).status < 500:
            with store.transaction("action-key-free") as tx:
                rows.drop_action_key(tx, digest)
        raise
    if "location" in answer.headers:
        with store.transaction("action-key-done") as tx:
            rows.set_action_location(tx, digest, answer.headers["location"])
    return answer


def error_page(request: Request, exc: Exception, language: str) -> Response:
    """The page of an error; a fragment for a request that replaces a part of a page."""
    said = errors.told(exc, language)
    if said.kind is errors.INTERNAL:
        log.error("page.internal_error", exc_info=exc)
    default = {
        404: "error.not_found",
        403: "error.no_right",
        503: "error.store",
        500: "error.internal",
    }.get(said.kind.status, "error.title")
    detail = said.detail or say(default, language)
    trace_id = request.scope.get("trace_id", "")
    return html(
        "error.html",
        language,
        said.kind.status,
        heading=said.kind.title(language),
        detail=detail,
        trace_id=trace_id,
        back=_back(request),
    )


def _back(request: Request) -> str:
    """The page before, when it is ours."""
    parts = urlsplit(request.headers.get("referer", ""))
    if parts.netloc != request.headers.get("host") or not parts.path.startswith("/"):
        return "/"
    return parts.path + (f"?{parts.query}" if parts.query else "")


def _language(request: Request) -> str:
    known = getattr(request.state, "language", None)
    return known or errors.language_of(request.headers.get("accept-language", ""))


async def _form(request: Request) -> tuple[dict[str, str], tuple[str, bytes] | None]:
    kind = request.headers.get("content-type", "").partition(";")[0].strip().lower()
    length = request.headers.get("content-length", "")
    most = MOST_UPLOAD_BYTES if kind == "multipart/form-data" else MOST_FORM_BYTES
    if not length.isdigit() or int(length) > most:
        raise Problem(errors.TOO_LARGE, f"Tối đa {most} byte.", f"At most {most} bytes.")
    if kind == "multipart/form-data":
        return await _multipart(request)
    raw = await request.body()
    fields = parse_qs(raw.decode("utf-8", "replace"), keep_blank_values=True, max_num_fields=200)
    return {name: values[-1] for name, values in fields.items()}, None


async def _multipart(request: Request) -> tuple[dict[str, str], tuple[str, bytes] | None]:
    texts: dict[str, str] = {}
    upload: tuple[str, bytes] | None = None
    async with request.form(max_files=1, max_fields=50, max_part_size=MOST_FORM_BYTES) as form:
        for name, value in form.multi_items():
            if isinstance(value, UploadFile):
                upload = (value.filename or "", await value.read())
            else:
                texts[name] = value
    return texts, upload

"""Sign in, sign out, language."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any
from urllib.parse import parse_qs, urlsplit

from starlette.concurrency import run_in_threadpool
from starlette.requests import Request
from starlette.responses import RedirectResponse, Response

from adapters import errors
from adapters.dashboard.render import html
from adapters.dashboard.visits import Visit, cookie_name, error_page, refuse_foreign
from adapters.dashboard.words import say
from adapters.ports import Edge
from jobs.access import demo
from jobs.access.model import Actor, ActorKind
from jobs.access.service import SESSION_LASTS, Throttled


def safe_next(text: str) -> str:
    """A path of ours to go to after signing in; anything else is the overview."""
    parts = urlsplit(text)
    ours = text.startswith("/") and not text.startswith(("//", "/\\")) and not parts.netloc
    return text if ours and "\r" not in text and "\n" not in text else "/"


def sign_in_page(edge: Edge) -> Callable[[Request], Any]:
    """``GET`` and ``POST /sign-in``."""

    async def serve(request: Request) -> Response:
        language = _language(request)
        if request.method != "POST":
            return _page(edge, language, request.query_params.get("next", "/"))
        try:
            refuse_foreign(request)
            return await _post(request, language)
        except Exception as exc:  # noqa: BLE001 - the boundary: every error becomes what a caller may see
            return error_page(request, exc, language)

    async def _post(request: Request, language: str) -> Response:
        if int(request.headers.get("content-length") or 0) > 4_096:
            return _page(edge, language, "/", "signin.wrong", status=413)
        fields = parse_qs((await request.body()).decode("utf-8", "replace"), max_num_fields=10)
        login, password = fields.get("login", [""])[-1], fields.get("password", [""])[-1]
        after = fields.get("next", ["/"])[-1]
        address = request.client.host if request.client else ""
        try:
            found = await run_in_threadpool(edge.access.sign_in, login[:80], password[:200], address)
        except Throttled as exc:
            said = errors.told(exc, language)
            return _page(edge, language, after, said=said.detail, login=login[:40], status=429)
        if found is None:
            return _page(edge, language, after, "signin.wrong", login=login[:40], status=401)
        response = RedirectResponse(safe_next(after), 303)
        response.set_cookie(
            cookie_name(edge),
            found[0],
            max_age=int(SESSION_LASTS.total_seconds()),
            httponly=True,
            secure=edge.public_url.startswith("https://"),
            samesite="lax",
            path="/",
        )
        return response

    return serve


def _page(
    edge: Edge,
    language: str,
    after: str,
    problem: str = "",
    *,
    said: str = "",
    login: str = "",
    status: int = 200,
) -> Response:
    return html(
        "sign_in.html",
        language,
        status,
        next=safe_next(after),
        flash=said or (say(problem, language) if problem else None),
        login=login,
        sandbox=edge.sandbox,
        demo=demo.PEOPLE if edge.sandbox else (),
        demo_password=demo.PASSWORD,
    )


def _language(request: Request) -> str:
    chosen = request.query_params.get("lang", "")
    return (
        chosen if chosen in ("vi", "en") else errors.language_of(request.headers.get("accept-language", ""))
    )


def sign_out(edge: Edge) -> Callable[[Request], Any]:
    """``POST /sign-out``; repeating is harmless."""

    async def serve(request: Request) -> Response:
        try:
            refuse_foreign(request)
            token = request.cookies.get(cookie_name(edge), "")
            await run_in_threadpool(_end, request, token)
        except Exception as exc:  # noqa: BLE001 - the boundary: every error becomes what a caller may see
            return error_page(request, exc, "vi")
        response = RedirectResponse("/sign-in", 303)
        response.delete_cookie(cookie_name(edge), path="/")
        return response

    def _end(request: Request, token: str) -> None:
        person = edge.access.person(token) if token else None
        if person is not None:
            address = request.client.host if request.client else ""
            actor = Actor(ActorKind.PERSON, person.login, address, request.scope["trace_id"])
            edge.access.sign_out(token, actor)

    return serve


def choose_language(visit: Visit) -> Response:
    """``POST /language``: the language of one's own pages."""
    wanted = visit.field("language")
    if wanted in ("vi", "en"):
        visit.edge.access.set_language(visit.person.id, wanted)
    return RedirectResponse(safe_next(visit.field("back") or "/"), 303)

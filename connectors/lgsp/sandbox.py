"""The sandbox of a province's LGSP: its own schema, its own books. Control: ``/_sandbox/lgsp/...``.

Written from the facts in ``contract/``, sharing no code with the client. What no paper tells (the words of refusals, how
rows are told apart) is this sandbox's own choice.
"""

from __future__ import annotations

import base64
import binascii
import hashlib
import json
from collections.abc import Callable
from importlib import resources
from typing import Any
from urllib.parse import parse_qs

from connectors.kit.sandbox import Clock, Sandbox, SandboxAnswer, SandboxRequest, route

_SCHEMA: dict[str, Any] = json.loads(
    resources.files("connectors.lgsp.contract").joinpath("schema.json").read_text("utf-8")
)
_STYLES = ("open", "client_credentials", "lgspaccesstoken")


class _Wrong(Exception):
    """A message that is not of the schema."""


class LgspSandbox(Sandbox):
    """One province's platform.

    Args:
        style: how callers say who they are: ``open``, ``client_credentials`` (1) or ``lgspaccesstoken`` (2).
        key, secret: of style 1; AccessKey and SecretKey of style 2.
        attachment_id: how the province spells it.
    """

    system = "lgsp"

    def __init__(
        self,
        *,
        clock: Clock | None = None,
        style: str = "open",
        key: str = "",
        secret: str = "",
        attachment_id: str = "Attachmentld",
    ) -> None:
        super().__init__(clock=clock)
        if style not in _STYLES:
            raise ValueError(f"style is one of {', '.join(_STYLES)}")
        self.style, self.key, self.secret, self.attachment_id = style, key, secret, attachment_id
        self.documents: dict[str, dict[str, Any]] = {}
        self.traces: list[dict[str, Any]] = []
        self.statistics: list[Any] = []
        self.votes: list[Any] = []
        self.categories: dict[str, Any] = json.loads(json.dumps(_SCHEMA["categories"]))
        self.tokens: list[str] = []
        self.good: set[str] = set()

    # ---- what the platform offers ------------------------------------------------------------------------------------

    @route("POST", "/lgsp/token", "token")
    def token(self, request: SandboxRequest) -> SandboxAnswer:
        """OAuth 2 client credentials; style 2 wants its own header instead of Basic."""
        form = parse_qs(request.body.decode("utf-8", "replace"))
        if form.get("grant_type") != ["client_credentials"] or not self._known(request):
            return _json({"error": "invalid_client"}, 401)
        self.tokens.append(hashlib.sha256(f"{len(self.tokens)}{self.secret}".encode()).hexdigest())
        self.good.add(self.tokens[-1])
        return _json(
            {
                "access_token": self.tokens[-1],
                "scope": "am_application_scope default",
                "token_type": "Bearer",
                "expires_in": 3600,
            }
        )

    @route("POST", "/lgsp/Document/SyncDocument", "sync_dossier")
    def sync(self, request: SandboxRequest) -> SandboxAnswer:
        """A whole dossier; its code is the key."""
        return self._told(request, self._keep_document)

    @route("POST", "/lgsp/Document/UpdateDocumentTraces", "add_step")
    def trace(self, request: SandboxRequest) -> SandboxAnswer:
        """One step. Each message is one more line."""
        return self._told(request, self._keep_trace)

    @route("POST", "/lgsp/Statistic", "send_statistic")
    def statistic(self, request: SandboxRequest) -> SandboxAnswer:
        """Figures; their fields are not public, so any object is taken."""
        return self._told(request, self.statistics.append)

    @route("POST", "/lgsp/Vote", "send_vote")
    def vote(self, request: SandboxRequest) -> SandboxAnswer:
        """A rating; any object is taken."""
        return self._told(request, self.votes.append)

    @route("GET", "/lgsp/dmdc/Metadata/{code}", "category_metadata")
    def metadata(self, request: SandboxRequest) -> SandboxAnswer:
        """The properties of a category."""
        return self._of_category(request, "properties")

    @route("GET", "/lgsp/dmdc/Category/{code}", "category")
    def category(self, request: SandboxRequest) -> SandboxAnswer:
        """The rows of a category."""
        return self._of_category(request, "rows")

    @route("POST", "/lgsp/dmdc/Category/{code}", "write_category")
    def write_category(self, request: SandboxRequest) -> SandboxAnswer:
        """More rows: all of them, or none when the first property of one is there already."""
        found = self.categories.get(request.parts["code"])
        if not self._let_in(request):
            return _json({"fault": "unauthorized"}, 401)
        if found is None:
            return _json({"fault": "no such category"}, 404)
        try:
            rows = json.loads(request.body)
        except ValueError:
            return _json({"fault": "not JSON"}, 400)
        names = [each["PropertyCode"] for each in found["properties"]]
        if not isinstance(rows, list) or not all(isinstance(r, dict) and set(r) == set(names) for r in rows):
            return _json({"fault": "an array of rows with all properties is expected"}, 400)
        keys = {str(row[names[0]]) for row in found["rows"]}
        doubled = [row for row in rows if str(row[names[0]]) in keys]
        if doubled:
            return _json({"MSG": f"Duplicate {names[0]}", "Count": "0"})
        found["rows"] += rows
        return _json({"MSG": "Done", "Count": str(len(rows))})

    @route("GET", "/lgsp/dmdc/1.0/AllCategory", "all_categories")
    def all_categories(self, request: SandboxRequest) -> SandboxAnswer:
        """What categories there are."""
        if not self._let_in(request):
            return _json({"fault": "unauthorized"}, 401)
        return _json(
            [{"CategoryCode": code, "CategoryName": c["name"]} for code, c in self.categories.items()]
        )

    # ---- control -----------------------------------------------------------------------------------------------------

    @route("POST", "/_sandbox/lgsp/forget-tokens", "control")
    def forget_tokens(self, request: SandboxRequest) -> SandboxAnswer:
        """The token server was restarted: nothing that it gave is good any more."""
        del request
        self.good.clear()
        return _json({"forgotten": len(self.tokens)}, 201)

    @route("POST", "/_sandbox/lgsp/category", "control")
    def set_category(self, request: SandboxRequest) -> SandboxAnswer:
        """``{code, name, properties, rows}``: put a category in place of the one with that code."""
        try:
            facts = json.loads(request.body or b"{}")
            self.categories[str(facts["code"])] = {k: facts[k] for k in ("name", "properties", "rows")}
        except (ValueError, KeyError) as exc:
            return _json({"error": f"malformed request: {exc}"}, 422)
        return _json({"set": facts["code"]}, 201)

    @route("GET", "/_sandbox/lgsp/books", "control")
    def show_books(self, request: SandboxRequest) -> SandboxAnswer:
        """Everything that the platform was told, for a checker that shares no code with the product."""
        del request
        return _json(
            {
                "documents": self.documents,
                "traces": self.traces,
                "statistics": self.statistics,
                "votes": self.votes,
                "categories": self.categories,
            }
        )

    # ---- its own rules -----------------------------------------------------------------------------------------------

    def _told(self, request: SandboxRequest, keep: Callable[[Any], None]) -> SandboxAnswer:
        if not self._let_in(request):
            return _json({"fault": "unauthorized"}, 401)
        try:
            keep(_object(request.body))
        except (ValueError, _Wrong) as exc:
            return _json({"Status": 0, "Message": f"Dữ liệu không hợp lệ: {exc}"})
        return _json({"Status": 1, "Message": "Thành công"})

    def _keep_document(self, message: dict[str, Any]) -> None:
        self._of_schema(message, "document")
        if not message["Attachments"]:
            raise _Wrong("Attachments: at least one")
        files = []
        for each in message["Attachments"]:
            try:
                raw = base64.b64decode(each["Base64"], validate=True)
            except binascii.Error:
                raise _Wrong("Base64") from None
            named = {k: v for k, v in each.items() if k != "Base64"}
            files.append({**named, "size": len(raw), "sha256": hashlib.sha256(raw).hexdigest()})
        before = self.documents.get(message["DocCode"], {})
        self.documents[message["DocCode"]] = {
            **message,
            "Attachments": files,
            "told": before.get("told", 0) + 1,
        }

    def _keep_trace(self, message: dict[str, Any]) -> None:
        self._of_schema(message, "trace")
        self.traces.append(message)

    def _of_schema(self, message: Any, shape: str) -> None:
        if not isinstance(message, dict):
            raise _Wrong(f"{shape}: an object is expected")
        wanted: dict[str, str] = dict(_SCHEMA[shape])
        if shape == "attachment":
            wanted[self.attachment_id] = wanted.pop("Attachmentld")
        for name in message:
            if name not in wanted:
                raise _Wrong(f"{name} is not in the schema")
        for name, kind in wanted.items():
            if name in message:
                self._of_kind(message[name], kind.rstrip("?"), name)
            elif not kind.endswith("?"):
                raise _Wrong(f"{name} is missing")

    def _of_kind(self, value: Any, kind: str, name: str) -> None:
        fine = {
            "text": isinstance(value, str),
            "whole": isinstance(value, int) and not isinstance(value, bool),
            "flag": isinstance(value, bool),
            "text-flag": value in ("true", "false"),
            "number": isinstance(value, int | float) and not isinstance(value, bool),
        }.get(kind)
        if fine is None:
            if not isinstance(value, list):
                raise _Wrong(f"{name}: a list is expected")
            for each in value:
                self._of_schema(each, kind)
        elif not fine:
            raise _Wrong(f"{name}: {kind} is expected")

    def _of_category(self, request: SandboxRequest, part: str) -> SandboxAnswer:
        if not self._let_in(request):
            return _json({"fault": "unauthorized"}, 401)
        found = self.categories.get(request.parts["code"])
        return _json({"fault": "no such category"}, 404) if found is None else _json(found[part])

    def _known(self, request: SandboxRequest) -> bool:
        if self.style == "lgspaccesstoken":
            return self._five_facts(request)
        pair = base64.b64encode(f"{self.key}:{self.secret}".encode()).decode()
        return request.headers.get("authorization") == f"Basic {pair}"

    def _let_in(self, request: SandboxRequest) -> bool:
        if self.style == "open":
            return True
        if self.style == "lgspaccesstoken" and not self._five_facts(request):
            return False
        return request.headers.get("authorization", "").removeprefix("Bearer ") in self.good

    def _five_facts(self, request: SandboxRequest) -> bool:
        try:
            facts = json.loads(base64.b64decode(request.headers.get("lgspaccesstoken", ""), validate=True))
        except ValueError:
            return False
        wanted = {"AccessKey", "SecretKey", "AppName", "PartnerCode", "PartnerCodeCus"}
        return (
            isinstance(facts, dict)
            and set(facts) == wanted
            and (facts["AccessKey"], facts["SecretKey"]) == (self.key, self.secret)
        )


def _object(body: bytes) -> dict[str, Any]:
    message = json.loads(body)
    if not isinstance(message, dict):
        raise _Wrong("an object is expected")
    return message


def _json(data: object, status: int = 200) -> SandboxAnswer:
    raw = json.dumps(data, ensure_ascii=False).encode()
    return SandboxAnswer(status, {"Content-Type": "application/json; charset=utf-8"}, raw)

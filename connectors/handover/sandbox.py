"""The sandbox of specialised software: plays the contract file of one system, and knows no profile of the product.

``contract/<name>.json`` holds, written by hand, what each message must look like and what is answered. A message that has a
field too many, too few, or of another form is refused, so a wrong map of fields is seen. Control: ``/_sandbox/handover.<name>/...``.
"""

from __future__ import annotations

import base64
import hmac
import http.client
import json
import re
from collections.abc import Mapping
from importlib import resources
from typing import Any
from urllib.parse import urlsplit

from lxml import etree

from connectors.kit.sandbox import Clock, Sandbox, SandboxAnswer, SandboxRequest, route

_ENVELOPE = "http://schemas.xmlsoap.org/soap/envelope/"
_SLOT = re.compile(r"\$\{(\w+)\}")


class HandoverSandbox(Sandbox):
    """One system. Made by :func:`sandbox_of`, which adds the routes of its contract.

    Args:
        secret: of the calls: bearer token, or password where the contract has a sign-in.
        callback_secret: of what this system sends; callback_url: where to; empty: it sends nothing by itself.
    """

    contract: Mapping[str, Any] = {}

    def __init__(
        self,
        *,
        clock: Clock | None = None,
        secret: str = "",
        callback_secret: str = "",
        callback_url: str = "",
    ) -> None:
        super().__init__(clock=clock)
        self.secret, self.callback_secret, self.callback_url = secret, callback_secret, callback_url
        self.dossiers: dict[str, dict[str, Any]] = {}
        self.refused: list[str] = []
        self.tokens: list[str] = []
        self.notices: list[int] = []

    # ---- controls ----------------------------------------------------------------------------------------------------

    @route("GET", "/_sandbox/books", "control")
    def show_books(self, request: SandboxRequest) -> SandboxAnswer:
        """What this system holds: dossier → state and how often each message came."""
        del request
        shown = {
            key: {"state": kept["state"], "messages": kept["messages"]} for key, kept in self.dossiers.items()
        }
        return _json({"dossiers": shown, "refused": self.refused, "notices": self.notices})

    def change_state(self, request: SandboxRequest) -> SandboxAnswer:
        """``{key, state}``: an officer does something; ``state`` is a name of an answer in the contract."""
        facts = json.loads(request.body or b"{}")
        kept = self.dossiers.get(str(facts.get("key")))
        if kept is None:
            return _json({"error": "no such dossier"}, 404)
        kept["state"] = str(facts["state"])
        return _json({"state": kept["state"]}, 201)

    def forget_tokens(self, request: SandboxRequest) -> SandboxAnswer:
        """Every token that was given ends now."""
        del request
        self.tokens.clear()
        return _json({"tokens": 0}, 201)

    def call_back(self, request: SandboxRequest) -> SandboxAnswer:
        """``{kind, key, send?}``: the message as this system sends it; with ``send`` it goes to callback_url."""
        facts = json.loads(request.body or b"{}")
        made = self.notice(str(facts["kind"]), str(facts["key"]))
        if facts.get("send") and self.callback_url:
            self.notices.append(
                _post(self.callback_url + made["path"], made["body"].encode(), made["headers"])
            )
        return _json(made, 201)

    def notice(self, kind: str, key: str) -> dict[str, Any]:
        """A callback: headers, what stands in the path, and the body."""
        rule = self.contract["callbacks"]
        filled = _filled(rule["messages"][kind], {"key": key, "secret": self.callback_secret})
        if self.contract["format"] == "soap":
            body = _envelope(self.contract["namespace"], filled["element"], filled["body"])
        else:
            body = json.dumps(filled, ensure_ascii=False)
        headers = {"content-type": "text/xml" if self.contract["format"] == "soap" else "application/json"}
        if rule["proof"] == "hmac":
            headers[rule["header"]] = hmac.new(
                self.callback_secret.encode(), body.encode(), "sha256"
            ).hexdigest()
        path = f"/{self.callback_secret}" if rule["proof"] == "path" else ""
        return {"headers": headers, "path": path, "body": body}

    # ---- what it offers ----------------------------------------------------------------------------------------------

    def operation_of(self, request: SandboxRequest) -> str:
        """SOAP has one address; the element tells."""
        found = super().operation_of(request)
        if found != "soap":
            return found
        element = _element(request.body)
        named = [name for name, rule in self.contract["operations"].items() if rule["element"] == element]
        return named[0] if named else "unknown"

    def sign_in(self, request: SandboxRequest) -> SandboxAnswer:
        """Name and password for a token."""
        rule = self.contract["sign_in"]
        try:
            body = json.loads(request.body)
        except ValueError:
            body = {}
        if body != _filled(rule["request"], {"secret": self.secret}):
            return _json(rule["refused"], 401)
        self.tokens.append(f"token-{len(self.tokens) + 1}-{self.secret[::-1]}")
        return _json(_filled(rule["answer"], {"token": self.tokens[-1]}))

    def serve(self, name: str, request: SandboxRequest) -> SandboxAnswer:
        """One operation of the contract."""
        if not self._is_known(request):
            return _json({"error": "unauthorized"}, 401)
        if name == "soap":
            name = self.operation_of(request)
            if name == "unknown":
                return _json({"error": "no such operation"}, 404)
        rule = self.contract["operations"][name]
        wrong, facts = self._read(rule, request)
        if wrong:
            self.refused.append(f"{name}: {wrong}")
            return self._said(rule, "invalid", {})
        key = str(_at(facts, rule["key"])) if rule.get("key") else ""
        return self._said(rule, *self._acted(name, rule, key))

    def _acted(self, name: str, rule: Mapping[str, Any], key: str) -> tuple[str, dict[str, str]]:
        """The name of the answer, and what fills it."""
        if rule["does"] == "look":
            return ("answer", {}) if key in rule["known"] else ("absent", {})
        kept = self.dossiers.get(key)
        if rule["does"] == "create":
            if kept is not None:
                kept["messages"].append(name)
                return "again", {"key": key}
            self.dossiers[key] = {"state": "received", "messages": [name]}
            return "answer", {"key": key, "number": f"TN{len(self.dossiers):06d}"}
        if kept is None:
            return "absent", {"key": key}
        if rule["does"] == "set":
            kept["messages"].append(name)
            return "answer", {"key": key}
        answer = kept["state"] if kept["state"] in rule["answers"] else "absent"
        return answer, {"key": key}

    def _is_known(self, request: SandboxRequest) -> bool:
        rule = self.contract["sign_in"]
        said = request.headers.get("authorization", "")
        if "path" in rule:
            return said.removeprefix("Bearer ") in self.tokens and said.startswith("Bearer ")
        return not self.secret or hmac.compare_digest(said.encode(), f"Bearer {self.secret}".encode())

    def _read(self, rule: Mapping[str, Any], request: SandboxRequest) -> tuple[str, dict[str, Any]]:
        """What is wrong with the message, and its facts: body, query and path together."""
        try:
            if self.contract["format"] == "soap":
                action = request.headers.get("soapaction")
                if action != f'"{rule["soap_action"]}"' or not request.headers["content-type"].startswith(
                    "text/xml"
                ):
                    return "SOAPAction, content-type", {}
                body: dict[str, Any] = _opened(request.body, self.contract["namespace"])
            else:
                body = json.loads(request.body) if request.body else {}
        except (ValueError, KeyError, etree.XMLSyntaxError) as exc:
            return f"body: {type(exc).__name__}", {}
        wanted = rule.get("request")
        wrong = _differs(wanted, body, "body") if wanted is not None else ("body" if body else "")
        parts = request.parts
        for source, shape in ((parts, rule.get("path_parts", {})), (request.query, rule.get("query", {}))):
            wrong = wrong or _differs(shape, source, "address")
        return wrong, {**body, **parts, **request.query}

    def _said(self, rule: Mapping[str, Any], name: str, facts: Mapping[str, str]) -> SandboxAnswer:
        answer = _filled(rule["answers"][name], facts)
        if self.contract["format"] != "soap":
            return _json(answer)
        raw = _envelope(self.contract["namespace"], rule["answer_element"], answer).encode()
        return SandboxAnswer(200, {"Content-Type": "text/xml; charset=utf-8"}, raw)


def sandbox_of(name: str, **facts: Any) -> HandoverSandbox:
    """The sandbox that plays ``contract/<name>.json``."""
    text = resources.files("connectors.handover.contract").joinpath(f"{name}.json").read_text("utf-8")
    contract = json.loads(text)
    system, prefix = f"handover.{name}", f"/handover/{name}"
    control = f"/_sandbox/{system}"
    members: dict[str, Any] = {"system": system, "contract": contract}
    for path, method in (
        ("state", "change_state"),
        ("call-back", "call_back"),
        ("forget-tokens", "forget_tokens"),
    ):
        members[f"control_{method}"] = _passed("POST", f"{control}/{path}", "control", method)
    if "path" in contract["sign_in"]:
        members["route_token"] = _passed("POST", prefix + contract["sign_in"]["path"], "token", "sign_in")
    if contract["format"] == "soap":
        members["route_soap"] = _served("POST", prefix + contract["path"], "soap")
    else:
        for operation, rule in contract["operations"].items():
            members[f"route_{operation}"] = _served(rule["method"], prefix + rule["path"], operation)
    made: HandoverSandbox = type("PlayedSandbox", (HandoverSandbox,), members)(**facts)
    return made


def _passed(method: str, path: str, operation: str, to: str) -> Any:
    def answer(self: HandoverSandbox, request: SandboxRequest) -> SandboxAnswer:
        found: SandboxAnswer = getattr(self, to)(request)
        return found

    return route(method, path, operation)(answer)


def _served(method: str, path: str, operation: str) -> Any:
    def answer(self: HandoverSandbox, request: SandboxRequest) -> SandboxAnswer:
        return self.serve(operation, request)

    return route(method, path, operation)(answer)


def _differs(shape: Any, value: Any, where: str) -> str:
    """Where ``value`` is not of ``shape``, or nothing. A name with ``?`` may be missing; nothing else may be there."""
    if isinstance(shape, dict):
        if not isinstance(value, dict):
            return f"{where}: object"
        for name, inner in shape.items():
            bare = name.removesuffix("?")
            if bare in value:
                wrong = _differs(inner, value[bare], f"{where}.{bare}")
                if wrong:
                    return wrong
            elif bare == name:
                return f"{where}.{name}: missing"
        extra = sorted(set(value) - {name.removesuffix("?") for name in shape})
        return f"{where}: not agreed: {extra}" if extra else ""
    if isinstance(shape, list):
        items = value if isinstance(value, list) else [value] if shape[1:] == ["or one"] else None
        if items is None:
            return f"{where}: list"
        return next((wrong for item in items if (wrong := _differs(shape[0], item, where))), "")
    kind, _, pattern = str(shape).partition(":")
    text = str(value) if kind == "int" and type(value) is int else value if kind == "text" else None
    if kind == "base64" and isinstance(value, str):
        return "" if base64.b64decode(value, validate=True) else f"{where}: empty"
    is_right = isinstance(text, str) and re.fullmatch(pattern, text, re.DOTALL) is not None
    return "" if is_right else f"{where}: {kind}"


def _filled(template: Any, facts: Mapping[str, str]) -> Any:
    if isinstance(template, dict):
        return {name: _filled(value, facts) for name, value in template.items()}
    if isinstance(template, list):
        return [_filled(value, facts) for value in template]
    if isinstance(template, str):
        return _SLOT.sub(lambda found: facts[found[1]], template)
    return template


def _at(facts: Mapping[str, Any], path: str) -> Any:
    value: Any = facts
    for part in path.split("."):
        value = value[part]
    return value


def _element(raw: bytes) -> str:
    try:
        root = etree.fromstring(raw, etree.XMLParser(resolve_entities=False, no_network=True))
        body = root.find(f"{{{_ENVELOPE}}}Body")
        return str(etree.QName(body[0]).localname) if body is not None and len(body) else ""
    except etree.XMLSyntaxError:
        return ""


def _opened(raw: bytes, namespace: str) -> dict[str, Any]:
    root = etree.fromstring(raw, etree.XMLParser(resolve_entities=False, no_network=True))
    body = root.find(f"{{{_ENVELOPE}}}Body")
    if root.tag != f"{{{_ENVELOPE}}}Envelope" or body is None or len(body) != 1:
        raise ValueError("no envelope")
    value = _tree(body[0], namespace)
    if not isinstance(value, dict):
        raise ValueError("empty")
    return value


def _tree(node: Any, namespace: str) -> Any:
    name = etree.QName(node)
    if name.namespace != namespace:
        raise ValueError("namespace")
    if len(node) == 0:
        return node.text or ""
    found: dict[str, Any] = {}
    for child in node:
        value = _tree(child, namespace)
        key = str(etree.QName(child).localname)
        if key in found:
            found[key] = [*(found[key] if isinstance(found[key], list) else [found[key]]), value]
        else:
            found[key] = value
    return found


def _envelope(namespace: str, element: str, body: Mapping[str, Any]) -> str:
    root = etree.Element(f"{{{_ENVELOPE}}}Envelope", nsmap={"e": _ENVELOPE})
    call = etree.SubElement(etree.SubElement(root, f"{{{_ENVELOPE}}}Body"), f"{{{namespace}}}{element}")

    def fill(parent: Any, facts: Mapping[str, Any]) -> None:
        for name, value in facts.items():
            for item in value if isinstance(value, list) else [value]:
                child = etree.SubElement(parent, f"{{{namespace}}}{name}")
                if isinstance(item, dict):
                    fill(child, item)
                else:
                    child.text = str(item)

    fill(call, body)
    return etree.tostring(root, encoding="unicode")


def _post(url: str, body: bytes, headers: Mapping[str, str]) -> int:
    """One POST; 0 when nobody answered."""
    parts = urlsplit(url)
    kind = http.client.HTTPSConnection if parts.scheme == "https" else http.client.HTTPConnection
    connection = kind(parts.hostname or "", parts.port, timeout=30)
    try:
        connection.request("POST", parts.path or "/", body, dict(headers))
        return connection.getresponse().status
    except (OSError, http.client.HTTPException):
        return 0
    finally:
        connection.close()


def _json(data: object, status: int = 200) -> SandboxAnswer:
    raw = json.dumps(data, ensure_ascii=False).encode()
    return SandboxAnswer(status, {"Content-Type": "application/json; charset=utf-8"}, raw)

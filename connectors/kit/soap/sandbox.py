"""What SOAP sandboxes are made of: their own reading and writing of envelopes, and faults that only SOAP has.

Shares nothing with the client but ``connectors.kit.sandbox``. Control: ``POST /_sandbox/NAME/soap-faults``.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass

from lxml import etree

from connectors.kit.sandbox import CONTROL, Clock, Sandbox, SandboxAnswer, SandboxRequest, route

S11 = "http://schemas.xmlsoap.org/soap/envelope/"
S12 = "http://www.w3.org/2003/05/soap-envelope"
_MEDIA = {S11: "text/xml", S12: "application/soap+xml"}
_SERVER = {S11: "Server", S12: "Receiver"}
_CLIENT = {S11: "Client", S12: "Sender"}
KINDS = (
    "server_fault",
    "client_fault",
    "fault_200",
    "half_fault",
    "wrong_namespace",
    "wrong_envelope",
    "two_payloads",
    "two_bodies",
    "body_in_header",
    "doctype",
    "instruction",
    "empty_body",
)


@dataclass(frozen=True, slots=True)
class Asked:
    """A request as a SOAP server sees it.

    Attributes:
        soap: namespace of the envelope.
        payload: the element in the body; ``name`` and ``namespace`` are its own.
    """

    soap: str
    name: str
    namespace: str
    payload: etree._Element
    envelope: etree._Element
    request: SandboxRequest

    def text(self, local: str) -> str:
        """The text of a child of the payload in the payload's namespace; empty when it is not there."""
        return self.payload.findtext(f"{{{self.namespace}}}{local}") or ""


class SoapProblem(Exception):
    """Answered with a fault."""

    def __init__(self, words: str, *, ours: bool = False, code: str = "", detail: str = "") -> None:
        """``ours``: the server's fault; ``code``: instead of Client or Server; ``detail``: XML text."""
        self.words, self.ours, self.code, self.detail = words, ours, code, detail
        super().__init__(words)


class SoapSandbox(Sandbox):
    """A simulated SOAP service. A route of it calls :meth:`serve` with what it offers.

    Attributes:
        actions: name of a request → SOAPAction that it must carry; a missing name is not looked at.
        names: name of a request → operation that faults are set for.
    """

    actions: Mapping[str, str] = {}
    names: Mapping[str, str] = {}

    def __init__(self, *, clock: Clock | None = None) -> None:
        super().__init__(clock=clock)
        self._waiting: list[tuple[str, str, int]] = []

    def knows(self, request: SandboxRequest) -> bool:
        """Faults of other systems are not ours."""
        if request.path.startswith("/_sandbox/") and request.path.endswith("/soap-faults"):
            return request.path == f"/_sandbox/{self.system}/soap-faults"
        return super().knows(request)

    def operation_of(self, request: SandboxRequest) -> str:
        """By the element in the body: one address serves all."""
        found = super().operation_of(request)
        if found != "soap":
            return found
        try:
            asked = _asked(request)
        except SoapProblem:
            return found
        return self.names.get(asked.name, asked.name)

    @route("POST", "/_sandbox/{system}/soap-faults", CONTROL)
    def set_soap_fault(self, request: SandboxRequest) -> SandboxAnswer:
        """``{operation, kind, times?}``: ``operation`` may be ``*``; the work is done before the fault shows."""
        facts = json.loads(request.body or b"{}")
        if facts.get("kind") not in KINDS:
            return SandboxAnswer(422, {"Content-Type": "application/json"}, b'{"error":"no such kind"}')
        self.spoil(str(facts.get("operation", "*")), str(facts["kind"]), times=int(facts.get("times", 1)))
        return SandboxAnswer(201, {"Content-Type": "application/json"}, b'{"set":true}')

    def spoil(self, operation: str, kind: str, *, times: int = 1) -> None:
        """The next ``times`` answers of ``operation`` are spoilt in a way that only SOAP knows."""
        if kind not in KINDS:
            raise ValueError(f"kind is one of {', '.join(KINDS)}")
        self._waiting.append((operation, kind, times))

    def serve(
        self, request: SandboxRequest, offers: Mapping[str, Callable[[Asked], etree._Element | None]]
    ) -> SandboxAnswer:
        """Answer by the element in the body; what an offer returns is put into the body of the answer.

        ``None``: an empty body. :class:`SoapProblem` becomes a fault with HTTP 500 (400 where 1.2 wants it).
        """
        try:
            asked = _asked(request)
        except SoapProblem as exc:
            return fault(S11, exc)
        try:
            self._check_action(asked)
            payload = offers.get(asked.name, _no_such)(asked)
        except SoapProblem as exc:
            return fault(asked.soap, exc)
        kind = self._due(self.names.get(asked.name, asked.name))
        return spoilt(asked.soap, payload, kind) if kind else whole(asked.soap, payload)

    def _check_action(self, asked: Asked) -> None:
        wanted = self.actions.get(asked.name)
        if wanted is None:
            return
        headers = asked.request.headers
        if asked.soap == S11:
            said: str | None = headers.get("soapaction")
        else:
            _, found, rest = headers.get("content-type", "").partition("action=")
            said = rest.partition(";")[0] if found else None
        if said is None or said.strip('"') not in ("", wanted):
            raise SoapProblem("unexpected SOAPAction")

    def _due(self, operation: str) -> str:
        for at, (wanted, kind, times) in enumerate(self._waiting):
            if wanted in ("*", operation):
                if times <= 1:
                    del self._waiting[at]
                else:
                    self._waiting[at] = (wanted, kind, times - 1)
                return kind
        return ""


def _no_such(asked: Asked) -> etree._Element | None:
    raise SoapProblem(f"no such operation: {asked.name[:40]}")


def _asked(request: SandboxRequest) -> Asked:
    parser = etree.XMLParser(resolve_entities=False, no_network=True, load_dtd=False)
    try:
        envelope = etree.fromstring(request.body, parser)
    except etree.XMLSyntaxError as exc:
        raise SoapProblem("not XML") from exc
    soap = etree.QName(envelope).namespace or ""
    if b"<!DOCTYPE" in request.body or soap not in _MEDIA:
        raise SoapProblem("no SOAP envelope")
    media = request.headers.get("content-type", "").partition(";")[0].strip()
    if media not in (_MEDIA[soap], "application/xml"):
        raise SoapProblem("content type and envelope disagree")
    payload = envelope.find(f"{{{soap}}}Body/*")
    if payload is None:
        raise SoapProblem("nothing in the body")
    name = etree.QName(payload)
    return Asked(soap, name.localname, name.namespace or "", payload, envelope, request)


def _envelope(soap: str) -> tuple[etree._Element, etree._Element]:
    envelope = etree.Element(f"{{{soap}}}Envelope", nsmap={"soap": soap})
    return envelope, etree.SubElement(envelope, f"{{{soap}}}Body")


def _answer(soap: str, envelope: etree._Element, status: int = 200) -> SandboxAnswer:
    raw = etree.tostring(envelope, xml_declaration=True, encoding="utf-8")
    return SandboxAnswer(status, {"Content-Type": f"{_MEDIA[soap]}; charset=utf-8"}, raw)


def whole(soap: str, payload: etree._Element | None) -> SandboxAnswer:
    """An answer as it should be."""
    envelope, body = _envelope(soap)
    if payload is not None:
        body.append(payload)
    return _answer(soap, envelope)


def fault(soap: str, problem: SoapProblem, *, status: int = 0) -> SandboxAnswer:
    """A whole fault of the version."""
    envelope, body = _envelope(soap)
    made = etree.SubElement(body, f"{{{soap}}}Fault")
    general = (_SERVER if problem.ours else _CLIENT)[soap]
    if soap == S11:
        etree.SubElement(made, "faultcode").text = f"soap:{problem.code or general}"
        etree.SubElement(made, "faultstring").text = problem.words
    else:
        code = etree.SubElement(made, f"{{{soap}}}Code")
        etree.SubElement(code, f"{{{soap}}}Value").text = f"soap:{general}"
        if problem.code:
            inner = etree.SubElement(code, f"{{{soap}}}Subcode")
            etree.SubElement(inner, f"{{{soap}}}Value").text = problem.code
        reason = etree.SubElement(made, f"{{{soap}}}Reason")
        text = etree.SubElement(reason, f"{{{soap}}}Text")
        text.set("{http://www.w3.org/XML/1998/namespace}lang", "vi")
        text.text = problem.words
    if problem.detail:
        detail = etree.SubElement(made, "detail" if soap == S11 else f"{{{soap}}}Detail")
        detail.append(etree.fromstring(problem.detail))
    usual = 400 if soap == S12 and not problem.ours else 500
    return _answer(soap, envelope, status or usual)


def spoilt(soap: str, payload: etree._Element | None, kind: str) -> SandboxAnswer:
    """The answer, but not as it should be."""
    good = whole(soap, payload)
    text = good.body.decode()
    match kind:
        case "server_fault":
            return fault(soap, SoapProblem("internal error", ours=True))
        case "client_fault":
            return fault(soap, SoapProblem("bad request"))
        case "fault_200":
            return fault(soap, SoapProblem("internal error", ours=True), status=200)
        case "half_fault":
            envelope, body = _envelope(soap)
            made = etree.SubElement(body, f"{{{soap}}}Fault")
            etree.SubElement(made, "faultstring").text = "something"
            return _answer(soap, envelope, 500)
        case "wrong_envelope":
            text = text.replace(soap, S12 if soap == S11 else S11)
        case "wrong_namespace" if payload is not None:
            text = text.replace(etree.QName(payload).namespace or "?", "urn:somebody-else")
        case "two_payloads" if payload is not None:
            inner = etree.tostring(payload).decode()
            text = text.replace("</soap:Body>", f"{inner}</soap:Body>")
        case "two_bodies":
            at, end = text.index("<soap:Body"), text.index("</soap:Envelope>")
            text = text[:end] + text[at:end] + text[end:]
        case "body_in_header":
            text = text.replace("<soap:Body>", "<soap:Header>").replace("</soap:Body>", "</soap:Header>")
        case "doctype":
            text = text.replace("?>", '?><!DOCTYPE x [<!ENTITY e "1">]>', 1)
        case "instruction":
            text = text.replace("</soap:Body>", "<?x y?></soap:Body>")
        case _:
            return whole(soap, None)
    return SandboxAnswer(good.status, good.headers, text.encode())

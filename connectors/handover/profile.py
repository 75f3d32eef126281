"""The shape of a profile: everything that we know of one piece of specialised software, as reviewed data.

``docs/systems/handover.schema.json`` is made of these classes; ``docs/tutorials/handover-profile.md`` shows how one is written.
"""

from __future__ import annotations

import re
from datetime import date
from typing import Annotated, Literal

from pydantic import BaseModel, ConfigDict, Field, StringConstraints, model_validator

from connectors.handover.facts import Verb
from connectors.kit.effects import EffectClass
from mappings.canonical.inbound import NewsKind

Name = Annotated[str, StringConstraints(pattern=r"^[a-z][a-z0-9_]{0,40}$")]
Theirs = Annotated[str, StringConstraints(pattern=r"^[^\W\d][\w-]*(\.[^\W\d][\w-]*)*$", max_length=200)]
Ours = Annotated[str, StringConstraints(pattern=r"^[a-z0][a-z0-9_]*(\.[a-z0][a-z0-9_]*)*$", max_length=200)]
Scalar = bool | int | str
READS = frozenset({Verb.STATE, Verb.FINISH, Verb.LOOK_UP})


class _Part(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid")


class MapField(_Part):
    """One fact on both sides.

    Attributes:
        ours: path of the canonical fact; none for a constant.
        theirs: their name, with dots where objects stand in each other.
        as_: how it is written there; ``birth``: the day by ``format``, or four digits where only the year is known.
        value: a constant of theirs.
        format: of a date or time, in yyyy MM dd HH mm ss; ``iso`` or ``epoch_ms`` for times.
        zone: of a time without one: ``local`` is Việt Nam.
        table: code table; group: fields of the items of a list; parts: their names for family, middle and given name.
        yes, no: of a flag.
        needed: the message does not leave, or is not read, without it.
        place: where it stands in what we send.
        empty: what is sent when there is none of it.
        most: longest text they take, in characters.
    """

    ours: Ours | Literal[""] = ""
    theirs: Theirs
    as_: Literal[
        "text",
        "whole",
        "digits",
        "flag",
        "date",
        "time",
        "birth",
        "table",
        "name",
        "base64",
        "list",
        "constant",
    ] = Field(default="text", alias="as")
    value: Scalar | None = None
    format: str = ""
    zone: Literal["local", "utc"] = "local"
    table: Name | Literal[""] = ""
    group: Name | Literal[""] = ""
    parts: tuple[Theirs, ...] = ()
    yes: Scalar = True
    no: Scalar = False
    needed: bool = False
    place: Literal["body", "path", "query"] = "body"
    empty: Literal["omit", "blank", "null"] = "omit"
    most: int = Field(default=0, ge=0)

    @model_validator(mode="after")
    def _whole(self) -> MapField:
        """Each way of writing has what it needs, and nothing that means nothing there."""
        wanted = {
            "constant": (self.value is not None, "value"),
            "date": (bool(self.format), "format"),
            "birth": (bool(self.format), "format"),
            "time": (bool(self.format), "format"),
            "table": (bool(self.table), "table"),
            "list": (bool(self.group), "group"),
            "name": (len(self.parts) == 3, "parts (ba tên / three names)"),
        }
        has, what = wanted.get(self.as_, (True, ""))
        if not has:
            raise ValueError(f"as = '{self.as_}' thiếu / lacks: {what}")
        if (self.as_ == "constant") != (not self.ours):
            raise ValueError(
                "ours: hằng số không có, trường khác phải có / constants have none, others need one"
            )
        spare = [
            name
            for name, has_it in (
                ("value", self.value is not None),
                ("table", self.table),
                ("group", self.group),
            )
            if has_it and wanted.get(self.as_, (False, ""))[1] != name
        ]
        if spare:
            raise ValueError(f"as = '{self.as_}' không dùng / does not use: {', '.join(spare)}")
        if self.format and not is_format(self.format, time=self.as_ == "time"):
            raise ValueError("format: chỉ dùng / only yyyy MM dd HH mm ss, iso, epoch_ms")
        return self


class Row(_Part):
    """One line of a code table. ``way``: ``in`` for a code of theirs that we read but never send, ``out`` the reverse."""

    ours: str
    theirs: str
    way: Literal["both", "in", "out"] = "both"


class Table(_Part):
    """A code list on both sides: a meaning, or an error.

    Attributes:
        source: where the list comes from, with its date.
        number: their codes stand there as numbers.
        unknown: our word for a code of theirs that is not in the list; empty: such a code is an error.
    """

    source: str = Field(min_length=1)
    rows: tuple[Row, ...] = Field(min_length=1)
    number: bool = False
    unknown: str = ""

    @model_validator(mode="after")
    def _one_meaning(self) -> Table:
        """The same code twice in one direction would be a guess."""
        for way, side in (("out", "ours"), ("in", "theirs")):
            seen = [getattr(row, side) for row in self.rows if row.way in ("both", way)]
            twice = sorted({each for each in seen if seen.count(each) > 1})
            if twice:
                raise ValueError(f"{side} đứng hai lần / stands twice: {', '.join(twice)}")
        if self.number and not all(re.fullmatch(r"-?\d{1,9}", row.theirs) for row in self.rows):
            raise ValueError("number = true: theirs phải là số / must be numbers")
        return self


class Group(_Part):
    """Fields of the items of a list."""

    fields: tuple[MapField, ...] = Field(min_length=1)


class Answer(_Part):
    """How an answer says whether it was done. What is in no list is unknown, never done and never refused.

    Attributes:
        code, message: where they stand. The message is looked at and never shown: it may name people.
        success: where the flag stands; ``success_is``: what it is when it was done.
        done, already, refused, wait, absent, unknown: codes. ``wait``: nothing was done, come back later.
        already_texts, refused_texts, wait_texts, absent_texts: parts of the message; capitals do not matter.
        already_http, absent_http: HTTP codes that say so.
        failure: what a flag that says no means when nothing else does.
    """

    code: Theirs | Literal[""] = ""
    message: Theirs | Literal[""] = ""
    success: Theirs | Literal[""] = ""
    success_is: tuple[Scalar, ...] = (True,)
    done: tuple[str, ...] = ()
    already: tuple[str, ...] = ()
    refused: tuple[str, ...] = ()
    wait: tuple[str, ...] = ()
    absent: tuple[str, ...] = ()
    unknown: tuple[str, ...] = ()
    already_texts: tuple[str, ...] = ()
    refused_texts: tuple[str, ...] = ()
    wait_texts: tuple[str, ...] = ()
    absent_texts: tuple[str, ...] = ()
    already_http: tuple[int, ...] = ()
    absent_http: tuple[int, ...] = ()
    failure: Literal["unknown", "refused"] = "unknown"

    @model_validator(mode="after")
    def _says_something(self) -> Answer:
        """One code, one meaning; and some way to say 'done'."""
        codes = [*self.done, *self.already, *self.refused, *self.wait, *self.absent, *self.unknown]
        twice = sorted({each for each in codes if codes.count(each) > 1})
        if twice:
            raise ValueError(f"mã có hai nghĩa / codes with two meanings: {', '.join(twice)}")
        if not self.success and not (self.code and self.done):
            raise ValueError("thiếu cách nói 'xong' / no way to say 'done': success, or code with done")
        if codes and not self.code:
            raise ValueError("có mã nhưng thiếu 'code' / codes without 'code'")
        texts = [*self.already_texts, *self.refused_texts, *self.wait_texts, *self.absent_texts]
        if any(not each.strip() for each in texts) or (texts and not self.message):
            raise ValueError("câu trống, hoặc thiếu 'message' / an empty text, or no 'message'")
        return self


class Action(_Part):
    """One message of ours.

    Attributes:
        path: behind base_url; ``{Name}`` takes the field whose ``theirs`` is Name and ``place`` is path.
        body: ``json`` also with GET where they want it so; ``none``: fields stand in path and query.
        effect: what may be done after a lost answer; found_by: how its outcome is found, for people.
        look_up: the action that finds it, for ``findable``; ``not_found_is_proof`` only where they say so in writing.
        element, answer_element, soap_action: of SOAP.
        fields: what is sent; reads: what of the answer we take.
    """

    verb: Verb
    method: Literal["GET", "POST", "PUT"] = "POST"
    path: str = Field(pattern=r"^/[^\s?#]*$", max_length=300)
    body: Literal["json", "none", "soap"] = "json"
    effect: EffectClass
    found_by: str = Field(min_length=10)
    look_up: Name | Literal[""] = ""
    not_found_is_proof: bool = False
    element: Theirs | Literal[""] = ""
    answer_element: Theirs | Literal[""] = ""
    soap_action: str = Field(default="", pattern=r"^[!-~]*$")
    answer: Name
    fields: tuple[MapField, ...] = ()
    reads: tuple[MapField, ...] = ()


class Soap(_Part):
    """The envelope. ``qualified``: inner elements carry the namespace too."""

    namespace: str = Field(min_length=1)
    version: Literal["1.1", "1.2"] = "1.1"
    qualified: bool = True


class Login(_Part):
    """Signing in with a name and a password for a token that is then sent as ``Authorization: Bearer``.

    Attributes:
        token: where it stands in the answer; seconds: how long we use one before we ask again.
    """

    path: str = Field(pattern=r"^/[^\s?#]*$")
    user_field: Theirs
    password_field: Theirs
    token: Theirs
    seconds: int = Field(ge=30, le=86_400)


class Secret(_Part):
    """How a callback proves who sends it. ``hmac-sha256``: over the raw body, hexadecimal; otherwise the secret itself."""

    place: Literal["header", "query", "path", "body"]
    name: str = ""
    how: Literal["equal", "hmac-sha256"] = "equal"

    @model_validator(mode="after")
    def _place_and_name(self) -> Secret:
        """A signature cannot stand inside what it signs; all places but the path have a name."""
        if (self.place != "path") != bool(self.name):
            raise ValueError("name: bắt buộc, trừ khi place = 'path' / needed unless place is 'path'")
        if self.how == "hmac-sha256" and self.place != "header":
            raise ValueError("hmac-sha256 đứng ở header / stands in a header")
        return self


class Callback(_Part):
    """One kind of message of theirs. ``when``: what the kind field says; fields: how it is read."""

    when: str
    fields: tuple[MapField, ...] = Field(min_length=1)


class Callbacks(_Part):
    """What they send to us by themselves.

    Attributes:
        kind: where the kind stands; empty: it is the last part of the address (of SOAP: the element's name).
        kinds: our kind of news → theirs.
        key: fields that together name one message; none: the same bytes are the same message.
        ok, failed: our answers; ``answer_element`` of SOAP.
    """

    secret: Secret
    kind: Theirs | Literal[""] = ""
    kinds: dict[NewsKind, Callback] = Field(min_length=1)
    key: tuple[Theirs, ...] = ()
    ok: dict[str, Scalar] = Field(min_length=1)
    failed: dict[str, Scalar] = Field(min_length=1)
    answer_element: Theirs | Literal[""] = ""


class Profile(_Part):
    """One piece of specialised software.

    Attributes:
        assumed: paths inside this profile that no public fact and no paper of the operator confirms, with the reason.
        reviewed: who looked at it and when; empty: nobody yet.
        files: how files travel.
    """

    name: str = Field(pattern=r"^[a-z][a-z0-9-]{0,30}$")
    title_vi: str = Field(min_length=1)
    title_en: str = Field(min_length=1)
    version: str = Field(min_length=1)
    valid_from: date
    reviewed: str = ""
    source: str = Field(min_length=1)
    assumed: dict[str, str] = Field(default_factory=dict)
    format: Literal["json", "soap"] = "json"
    files: Literal["url", "base64", "none"] = "none"
    soap: Soap | None = None
    login: Login | None = None
    tables: dict[Name, Table] = Field(default_factory=dict)
    groups: dict[Name, Group] = Field(default_factory=dict)
    answers: dict[Name, Answer] = Field(min_length=1)
    actions: dict[Name, Action] = Field(min_length=1)
    callbacks: Callbacks | None = None


_TOKENS = re.compile(r"yyyy|MM|dd|HH|mm|ss")


def is_format(text: str, *, time: bool) -> bool:
    """Whether ``text`` is a form of a date or time that :func:`strptime_form` can turn round."""
    if text in ("iso", "epoch_ms"):
        return time or text == "iso"
    rest = _TOKENS.sub("", text)
    tokens = _TOKENS.findall(text)
    has_day = {"yyyy", "MM", "dd"} <= set(tokens)
    return (
        has_day
        and len(tokens) == len(set(tokens))
        and not re.search(r"[A-Za-z0-9%]", rest.replace("T", "", 1))
    )


def strptime_form(text: str) -> str:
    """``dd/MM/yyyy`` as Python writes it."""
    there = {"yyyy": "%Y", "MM": "%m", "dd": "%d", "HH": "%H", "mm": "%M", "ss": "%S"}
    return _TOKENS.sub(lambda found: there[found.group()], text)

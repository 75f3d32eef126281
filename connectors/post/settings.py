"""How the Post is reached, and every fact of it that no paper confirms."""

from __future__ import annotations

from enum import StrEnum
from urllib.parse import urlsplit

from pydantic import BaseModel, ConfigDict, Field, model_validator

from connectors.kit.addresses import is_here
from connectors.kit.connection import SystemSettings
from connectors.post.places import SANDBOX
from mappings.canonical.post import LONGEST_NUMBER


class Facade(StrEnum):
    """The four doors of the Post that are known."""

    NGSP = "ngsp"  # the national platform: one path per message
    LGSP = "lgsp"  # a ministry's platform: one address, the message named by ``?service=``
    PROVINCE = "province"  # a province's platform: one address for orders, header access_token
    NOTICE = "notice"  # the CLS service: a notice that a dossier is there, HTTP Basic


class Route(BaseModel):
    """Where one message goes. ``service``: value of ``?service=`` where the façade has one."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    method: str = Field(default="POST", pattern=r"^(GET|POST|PUT)$")
    path: str = Field(pattern=r"^/[^\s?#]*$")
    service: str = ""


def _lgsp(service: str) -> Route:
    return Route(path="/", service=service)


ROUTES: dict[Facade, dict[str, Route]] = {
    Facade.NGSP: {
        "send_order": Route(path="/apiVNPostNGSP/p1.0/order/post"),
        "cancel_order": Route(method="GET", path="/apiVNPostNGSP/p1.0/order/cancel"),
        "read_tracking": Route(method="GET", path="/apiVNPostNGSP/p1.0/order/tracking"),
    },
    Facade.LGSP: {
        "send_order": _lgsp("orderpost"),
        "cancel_order": _lgsp("ordercancel"),
        "read_tracking": _lgsp("ordertracking"),
        "ask_price": _lgsp("pricehcc"),
        "push_document": _lgsp("document"),
    },
    Facade.PROVINCE: {"send_order": Route(path="/order")},
    Facade.NOTICE: {"send_notice": Route(path="/notice")},
}
"""What each façade offers. Of NGSP only the path of the order is public; the others are assumed."""


class Settings(SystemSettings):
    """The Post. 'Assumed' marks what public facts do not confirm (see docs/systems/post.md).

    Attributes:
        facade: which of the four doors; ``routes``: message → its route where ours is not theirs (assumed paths).
        customer_code: contract code of the agency.
        places_file: CSV with the Post's own province and district codes, as the Post hands it over; ``sandbox`` is
            the made-up table of the sandbox. No public statement says how the Post maps places since 07/2025.
        repeats_are_one: the Post says in writing that a second order with the same OrderNumber makes no second parcel.
            Until then a lost answer waits for evidence and is never sent again by itself. Assumed: no.
        done_codes, already_codes: Status that mean taken, and taken before.
        refused_codes: Status that are agreed as refusals; no list is public, so every other one leaves it unknown.
        flag_config: FlagConfig of an order; left out when ``None``.
        longest_order_number: of OrderNumber, in characters. Assumed.
        page_size: lines of one page of the feed.
        event_time_formats: of EventTime; a form without ``%z`` is the time of Việt Nam. Assumed.
        notice_time_format: of NgayTiepNhan in the notice. Assumed.
        main_service: mainSrv of a price request.
    """

    facade: Facade = Facade.NGSP
    routes: dict[str, Route] = Field(default_factory=dict)
    customer_code: str = Field(min_length=1, max_length=50)
    places_file: str = ""
    repeats_are_one: bool = False
    done_codes: frozenset[str] = frozenset({"100"})
    already_codes: frozenset[str] = frozenset({"101"})
    refused_codes: frozenset[str] = frozenset()
    flag_config: int | None = None
    longest_order_number: int = Field(default=LONGEST_NUMBER, ge=33)
    page_size: int = Field(default=100, ge=1, le=1000)
    event_time_formats: tuple[str, ...] = ("%Y-%m-%dT%H:%M:%S%z", "%Y-%m-%dT%H:%M:%S", "%d/%m/%Y %H:%M:%S")
    notice_time_format: str = "%d/%m/%Y %H:%M:%S"
    main_service: str = "HCC"

    @model_validator(mode="after")
    def _codes_say_one_thing(self) -> Settings:
        """One code cannot mean two things, and an order cannot leave without the Post's codes of places."""
        lists = (self.done_codes, self.already_codes, self.refused_codes)
        if sum(map(len, lists)) != len(frozenset().union(*lists)):
            raise ValueError("a Status stands in two of done_codes, already_codes, refused_codes")
        unknown = self.routes.keys() - {name for routes in ROUTES.values() for name in routes}
        if unknown:
            raise ValueError(f"routes: no message is called {', '.join(sorted(unknown))}")
        if self.facade is not Facade.NOTICE and not self.places_file:
            raise ValueError("places_file: orders need the Post's codes of provinces and districts")
        if self.places_file == SANDBOX and not is_here(urlsplit(self.base_url).hostname or ""):
            raise ValueError("places_file: the sandbox's codes are made up and may not leave this machine")
        return self

    def route(self, name: str) -> Route | None:
        """Where the message goes; ``None``: this façade does not offer it."""
        return self.routes.get(name) or ROUTES[self.facade].get(name)


SHOWN = frozenset({"CustomerCode", "OrderNumber", "ItemCode", "CODAmount", "Status", "_size", "_returned"})
"""Fields that exchange summaries may show: no person, no address, no telephone."""

__all__ = ["ROUTES", "SHOWN", "Facade", "Route", "Settings"]

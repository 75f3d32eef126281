"""A province's LGSP passes the suite of all connectors, open and behind the two styles with tokens."""

from __future__ import annotations

from connectors.kit.effects import Call
from connectors.lgsp.connect import connected
from connectors.lgsp.sandbox import LgspSandbox
from mappings.canonical.codec import to_json
from tests.contract.conformance import Conformance, World
from tests.contract.lgsp.conftest import CODE, FILES, PERSON, dossier, settings, step
from tests.support.clock import VirtualClock

SECRET = "s3cret-Of-Nobody"
KEY = "AK-test-01"
ROWS = [{"MA": "3", "TEN": "Khác"}, {"MA": "9", "TEN": "Chưa rõ"}]


class TestLgsp(Conformance):
    operations = (
        "sync_dossier",
        "add_step",
        "send_statistic",
        "send_vote",
        "category_metadata",
        "category",
        "all_categories",
        "write_category",
    )
    style = "open"

    def world(self) -> World:
        clock = VirtualClock()
        sandbox = LgspSandbox(clock=clock, style=self.style, key=KEY, secret=SECRET)

        def connect(url: str):
            made = connected(
                settings(
                    url,
                    credentials=self.credentials(url),
                    statistic_fields={"received": "TiepNhan"},
                    vote_fields={"score": "Diem"},
                ),
                clock=clock,
            )
            made.client.read_file = FILES.__getitem__
            return made.operations

        facts = {"code": CODE, "agency": "H42.15", "agency_name": "Sở", "step": to_json(step())}
        category = {"category": "magioitinh"}
        payloads = {
            "sync_dossier": {"dossier": to_json(dossier())},
            "add_step": facts,
            "send_statistic": {"facts": {"received": 12}},
            "send_vote": {"facts": {"score": 5}, "code": CODE},
            "category_metadata": category,
            "category": category,
            "all_categories": {},
            "write_category": {**category, "rows": ROWS},
        }
        calls = {name: lambda n=name: Call(f"lgsp:{n}", CODE, payloads[n]) for name in self.operations}
        return World(sandbox, connect, calls, secrets=(SECRET, KEY, "JVBERi", *PERSON))

    def credentials(self, url: str) -> dict[str, object]:
        return {"style": "none"}


class TestClientCredentials(TestLgsp):
    style = "client_credentials"

    def credentials(self, url: str) -> dict[str, object]:
        return {
            "style": "client_credentials",
            "token_url": f"{url}/lgsp/token",
            "client_id": KEY,
            "client_secret": SECRET,
        }


class TestLgspAccessToken(TestLgsp):
    style = "lgspaccesstoken"

    def credentials(self, url: str) -> dict[str, object]:
        return {
            "style": "lgspaccesstoken",
            "token_url": f"{url}/lgsp/token",
            "access_key": KEY,
            "secret_key": SECRET,
            "app_name": "motcua",
            "partner_code": "0.0.H42",
            "partner_code_cus": "0.0.H42",
        }

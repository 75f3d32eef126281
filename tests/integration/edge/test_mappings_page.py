"""The page of code tables: forms that happen once, errors that say what to do."""

from __future__ import annotations

import psycopg
import pytest

from adapters.ports import Edge
from jobs.access.demo import add_demo_people
from jobs.access.model import Role
from tests.integration.edge.test_pages import form, signed_in

__all__ = ["signed_in"]
FIELDS = {
    "system": "ministry",
    "list": "applicant",
    "code": "5",
    "meaning": "cooperative",
    "way": "both",
    "valid_from": "01/01/2026",
    "reason": "công văn 12",
}


@pytest.fixture(scope="module", autouse=True)
def people(edge: Edge) -> None:
    add_demo_people(edge.access, sandbox=True)


@pytest.fixture(autouse=True)
def none_yet(sql: psycopg.Connection) -> None:
    sql.execute("delete from mapping_row")
    sql.execute("delete from sign_in")


def propose(client, **changes):
    return form(client, "/mappings?list=applicant", "/mappings", **{**FIELDS, **changes})


def test_a_row_is_proposed_accepted_and_ended_on_the_page(signed_in, sql):
    """The whole life of a row, each act once."""
    operator = signed_in(Role.OPERATOR)
    assert propose(operator).headers["location"] == "/mappings?done=common.done#proposals"
    (row_id,) = sql.execute("select id from mapping_row").fetchone()
    administrator = signed_in(Role.ADMINISTRATOR)
    assert form(administrator, "/mappings", f"/mappings/{row_id}/accept").status_code == 303
    operator = signed_in(Role.OPERATOR)
    assert operator.get("/mappings?list=applicant&day=31/12/2025").text.count("cần hỏi đơn vị vận hành") == 3
    assert operator.get("/mappings?list=applicant").text.count("cần hỏi đơn vị vận hành") == 2
    listed = operator.get("/mappings?list=applicant").text
    assert "vanhanh đề xuất, quantri duyệt" in listed
    ended = form(
        operator, "/mappings?list=applicant", f"/mappings/{row_id}/end", last_day="30/06/2026", reason="hết"
    )
    assert ended.status_code == 303
    administrator = signed_in(Role.ADMINISTRATOR)
    assert form(administrator, "/mappings", f"/mappings/{row_id}/accept-end").status_code == 303
    assert str(sql.execute("select valid_to from mapping_row").fetchone()[0]) == "2026-06-30"
    assert "vanhanh đề xuất" not in administrator.get("/mappings?list=applicant&day=01/07/2026").text
    assert "vanhanh đề xuất" in administrator.get("/mappings?list=applicant&day=30/06/2026").text


@pytest.mark.parametrize(
    ("changes", "status"),
    [
        ({"meaning": "robot"}, 422),
        ({"way": "sideways"}, 422),
        ({"valid_from": "31/02/2026"}, 422),
        ({"reason": ""}, 422),
        ({"code": "1", "meaning": "enterprise"}, 409),
    ],
)
def test_what_cannot_be_meant_is_answered_with_a_sentence(signed_in, sql, changes, status):
    """Nothing is stored."""
    answer = propose(signed_in(Role.OPERATOR), **changes)
    assert answer.status_code == status
    assert "Traceback" not in answer.text
    assert sql.execute("select count(*) from mapping_row").fetchone()[0] == 0


def test_who_proposed_may_take_it_back_and_not_accept_it(signed_in, sql):
    """The page offers the one and not the other; the service refuses what is posted all the same."""
    administrator = signed_in(Role.ADMINISTRATOR)
    propose(administrator)
    (row_id,) = sql.execute("select id from mapping_row").fetchone()
    page = administrator.get("/mappings").text
    assert f'action="/mappings/{row_id}/accept"' not in page
    key = "k" * 43
    assert administrator.post(f"/mappings/{row_id}/accept", data={"action_key": key}).status_code == 403
    assert form(administrator, "/mappings", f"/mappings/{row_id}/reject", reason="nhầm mã").status_code == 303


def test_an_unknown_list_is_not_found_and_a_hostile_value_is_text(signed_in):
    """Whatever stands in the address."""
    client = signed_in(Role.OPERATOR)
    assert client.get("/mappings?list=colour").status_code == 404
    assert client.get("/mappings?day=31/02/2026").status_code == 422
    page = client.get(
        "/mappings", params={"list": "applicant", "system": '"><script>', "side": "theirs", "value": "<b>"}
    )
    assert page.status_code == 200
    assert '<script>"' not in page.text
    assert "&lt;b&gt;" in page.text

"""What is logged holds no secret and no person, whatever was being done when it was written."""

from __future__ import annotations

import io
import json
import logging

import pytest
import structlog

from config.logging import set_up
from config.redaction import HIDDEN, clean, clean_text
from config.settings import Logging

PERSON = {
    "name": "Nguyễn Thị Bưởi",
    "number": "036204001234",
    "old_number": "123456789",
    "phone": "0912345678",
    "account": "0071000123456",
    "email": "buoi.nguyen@example.vn",
}


@pytest.fixture
def lines():
    """Everything that is logged, as JSON lines; the set-up of the process is given back."""
    out, root = io.StringIO(), logging.getLogger()
    before = (root.handlers[:], root.level)
    set_up(Logging(form="json", level="debug"), process="test", stream=out)
    yield lambda: [json.loads(line) for line in out.getvalue().splitlines()]
    root.handlers[:], level = before
    root.setLevel(level)
    structlog.reset_defaults()


def _real_ipn() -> dict[str, object]:
    """A gateway's message as it arrives, with a person in its free text."""
    return {
        "vnp_Amount": "1806000",
        "vnp_BankCode": "NCB",
        "vnp_OrderInfo": f"Nop le phi ho so 000.00.01.H42-260101-0001 CCCD {PERSON['number']} DT {PERSON['phone']}",
        "vnp_TxnRef": "A1B2C3D4E5F6G7H8",
        "vnp_SecureHash": "5a0e2bd4b3f3a1" * 8,
        "vnp_CardType": "ATM",
    }


def test_a_real_message_is_logged_without_its_person_and_its_hash(lines):
    """The message is what an operator wants to see; the person in it is not."""
    structlog.get_logger("x").warning("ipn.mismatch", message=_real_ipn(), reference="A1B2C3D4E5F6G7H8")

    (line,) = lines()
    text = json.dumps(line, ensure_ascii=False)
    assert PERSON["number"] not in text
    assert PERSON["phone"] not in text
    assert "5a0e2bd4" not in text
    assert line["message"]["vnp_Amount"] == "1806000"
    assert line["reference"] == line["message"]["vnp_TxnRef"] == "A1B2C3D4E5F6G7H8"
    assert line["event"] == "ipn.mismatch"
    assert "000.00.01.H42-260101-0001" in text


@pytest.mark.parametrize(
    "field",
    [
        "payer_name",
        "payer",
        "fullName",
        "phone",
        "applicant_name",
        "citizenId",
        "Authorization",
        "hash_secret",
    ],
)
def test_fields_of_persons_and_secrets_are_hidden_by_their_name(field):
    """A name has no shape: only its field tells."""
    assert clean({"row": [{field: PERSON["name"]}]}) == {"row": [{field: HIDDEN}]}


@pytest.mark.parametrize(
    "text",
    [
        f"citizen {PERSON['number']} not found",
        f"số {PERSON['phone']}, {PERSON['email']}",
        f"old {PERSON['old_number']}.",
        f"to account {PERSON['account']}",
        "tel +84 912 345 678",
        "postgresql://lienthong:036204001234@db/x",
        "GET /paymentv2?vnp_SecureHash=036204001234&x=1",
        'header Authorization: "Bearer 036204001234abc"',
    ],
)
def test_persons_and_secrets_inside_text_are_hidden(text):
    """Other libraries write sentences, with whatever they had in hand."""
    done = clean_text(text)

    assert HIDDEN in done
    for value in PERSON.values():
        assert value not in done
    assert "912 345" not in done


@pytest.mark.parametrize(
    "text",
    [
        "A1B2C3D4E5F6G7H8",
        "000.00.01.H42-260101-0001",
        "2026-11-24T12:30:00.123456+00:00",
        "amount 1806000",
        "127.0.0.1:8080",
    ],
)
def test_what_operators_need_stays(text):
    """A log without references helps nobody."""
    assert clean_text(text) == text


def test_an_exceptions_text_is_redacted_too(lines):
    """The driver's message holds the row that it could not store."""
    try:
        int(f"bad row ({PERSON['number']}, {PERSON['phone']})")
    except ValueError:
        structlog.get_logger("x").exception("row.refused")
        logging.getLogger("library").exception("failed for %s", PERSON["email"])

    text = json.dumps(lines(), ensure_ascii=False)
    assert "ValueError" in text
    for value in PERSON.values():
        assert value not in text


def test_the_correlation_id_stands_on_every_line(lines):
    """One id leads from the edge through the queue and back."""
    with structlog.contextvars.bound_contextvars(correlation_id="c1"):
        structlog.get_logger("x").info("one")
        logging.getLogger("library").warning("two")

    assert [line["correlation_id"] for line in lines()] == ["c1", "c1"]

"""A sample written by hand: what translating makes and reads is held against it."""

from __future__ import annotations

import json
from datetime import date
from pathlib import Path

import connectors.ministry
from connectors.ministry import translate, translate_back
from connectors.ministry.translate import Uploaded
from mappings.canonical.dossier import DossierState
from mappings.canonical.party import PartyKind
from tests.contract.ministry.conftest import settings

SAMPLES = json.loads(
    Path(connectors.ministry.__file__).with_name("contract").joinpath("samples.json").read_text("utf-8")
)


def test_the_sample_is_read_and_made_again_to_the_letter():
    """Names and forms of dates are those of the facts, not of our code."""
    sample, today = SAMPLES["dossier"], date(2026, 11, 25)
    file, form = translate_back.dossier(sample, settings(), on=today, version=1, state=DossierState.RECEIVED)

    uploads = {"tep-42": Uploaded("tep-42", "")}
    assert translate.dossier(file, settings(), on=today, uploads=uploads, form=form) == sample
    assert (file.applicant.kind, file.owner.kind) == (PartyKind.CITIZEN, PartyKind.HOUSEHOLD_BUSINESS)
    assert file.submitted_at.isoformat() == "2026-06-08T14:07:53+07:00"


def test_the_sample_step_is_read_and_made_again():
    """To the millisecond, and an unknown due day stays unknown."""
    [sample] = SAMPLES["steps"]
    made = translate_back.step(sample, version=1)
    assert translate.steps(sample["IDHoSo"], sample["MaHoSo"], [made]) == [sample]
    assert made.due_at is None

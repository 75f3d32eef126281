"""Samples written by hand: what translating makes and reads is held against them, and so is the sandbox."""

from __future__ import annotations

import json
from datetime import date
from pathlib import Path

import pytest

import connectors.dvcqg
from connectors.dvcqg import translate, translate_back, wire
from connectors.dvcqg.profile import profile
from connectors.dvcqg.sandbox_books import Kept, dossier_trouble, step_trouble
from mappings.canonical.dossier import DossierState
from tests.contract.dvcqg.conftest import settings

SAMPLES = json.loads(
    Path(connectors.dvcqg.__file__).with_name("contract").joinpath("samples.json").read_text("utf-8")
)
PROFILE = profile(settings(), date(2026, 11, 25))


def test_the_sample_is_read_and_made_again_to_the_letter():
    """Names, order of values and empty fields are those of the facts, not of our code."""
    file = translate_back.dossier(SAMPLES["dossier"], PROFILE, version=1, steps=SAMPLES["steps"])

    assert translate.dossier(file, PROFILE) == SAMPLES["dossier"]
    assert translate.steps(file.code, file.steps, PROFILE) == SAMPLES["steps"]
    assert (file.state, file.applicant.old_number) == (DossierState.SUPPLEMENT, "010990007")
    assert file.due_at.isoformat() == "2026-11-26T17:00:00+07:00"
    assert file.supplements[0].answered_at is None


@pytest.mark.parametrize("sample", SAMPLES["answers"], ids=lambda sample: json.dumps(sample["body"])[:40])
def test_sample_answers_mean_what_the_facts_say(sample):
    """Of a create."""
    answer = wire.envelope(json.dumps(sample["body"]).encode())
    assert wire.judged(answer, settings(), creating=True).value == sample["says"]


def test_the_sandbox_takes_the_sample_and_not_a_broken_one():
    """Both sides agree with the paper, not only with each other."""
    sample = SAMPLES["dossier"]
    assert dossier_trouble(sample, "H21") == ""
    assert step_trouble(SAMPLES["steps"][0], {sample["MaHoSo"]: Kept(sample)}) == ""
    for changes in (
        {"MaHoSo": "H22-1"},
        {"TrangThaiHoSo": "11"},
        {"TrangThaiHoSo": 5},
        {"NgayTiepNhan": "2026-11-23"},
        {"TrichYeuHoSo": "x" * 1001},
    ):
        assert dossier_trouble({**sample, **changes}, "H21"), changes

"""Every exception of the HTTP library has a meaning here."""

from __future__ import annotations

import httpcore
import httpx
import pytest

from connectors.errors import ContractBroken, OutcomeUnknown, Unavailable
from connectors.kit.effects import EffectClass
from connectors.kit.http_errors import MEANINGS, Meaning, branch_of, translated
from connectors.kit.network import Progress


def _exceptions(module) -> set[type]:
    found = {getattr(module, name) for name in module.__all__}
    return {each for each in found if isinstance(each, type) and issubclass(each, Exception)}


def test_no_exception_of_the_library_is_without_a_meaning():
    """A new one would go past every caller that knows only our tree."""
    assert _exceptions(httpx) - set(MEANINGS) == set()
    assert set(MEANINGS) - _exceptions(httpx) == set()


def test_no_exception_of_its_engine_reaches_us_unmapped():
    """Httpx maps httpcore's; a new one there would come through as it is."""
    known = {each.__name__ for each in _exceptions(httpx)} | {"ConnectionNotAvailable"}

    assert {each.__name__ for each in _exceptions(httpcore)} - known == set()


@pytest.mark.parametrize("error", sorted(MEANINGS, key=lambda each: each.__name__))
@pytest.mark.parametrize("effect_class", list(EffectClass))
@pytest.mark.parametrize("sent", [False, True])
def test_only_what_surely_did_not_leave_is_unavailable_for_a_write(error, effect_class, sent):
    """The branch decides whether money may be sent again."""
    progress = Progress(0.0, sent=sent)
    made = error.__new__(error)
    Exception.__init__(made, "x")
    made.args = ("x",)
    with (
        pytest.raises((Unavailable, OutcomeUnknown)) as caught,
        translated("s", "o", "r", effect_class, progress),
    ):
        raise made

    free = effect_class is EffectClass.READ or not sent or MEANINGS[error] is Meaning.NEVER_LEFT
    assert (type(caught.value) is Unavailable) == free


def test_an_answer_that_began_and_cannot_be_read_is_broken():
    """They did answer: what they said is not known."""
    progress = Progress(0.0, sent=True, answered=True)

    assert branch_of(Meaning.UNREADABLE, EffectClass.EVIDENCE, progress) is ContractBroken
    assert branch_of(Meaning.MAY_HAVE_ARRIVED, EffectClass.EVIDENCE, progress) is OutcomeUnknown

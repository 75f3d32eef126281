"""Keys of the evidence: whole, random, never printed."""

from __future__ import annotations

import base64

import pytest

from config.errors import SettingsRefused
from config.settings import load

GOOD, OLD = base64.b64encode(bytes(range(32))).decode(), base64.b64encode(bytes(range(40, 72))).decode()


def test_the_current_key_comes_first_and_none_means_none():
    """What is encrypted from now on is encrypted with the first."""
    names = {"LIENTHONG_EVIDENCE__MASTER_KEY": GOOD, "LIENTHONG_EVIDENCE__OLD_MASTER_KEYS": f'["{OLD}"]'}

    assert load(names).evidence.master_keys == (bytes(range(32)), bytes(range(40, 72)))
    assert load({}).evidence.master_keys == ()
    assert GOOD not in repr(load(names))


@pytest.mark.parametrize(
    "key",
    [
        "short-but-long",
        GOOD[:-4],
        GOOD + "AAAA",
        base64.b64encode(bytes(32)).decode(),
        base64.b64encode(b"password" * 4).decode(),
        "não" * 12,
    ],
)
def test_a_key_that_is_none_stops_the_process(key):
    """S3: empty, short and well-known ones stop the start; the value is not told."""
    for variable, value in (
        ("LIENTHONG_EVIDENCE__MASTER_KEY", key),
        ("LIENTHONG_EVIDENCE__OLD_MASTER_KEYS", f'["{key}"]'),
    ):
        with pytest.raises(SettingsRefused) as raised:
            load({variable: value})
        assert key not in f"{raised.value!r} {raised.value.faults}"


def test_a_key_may_stand_in_a_file(tmp_path):
    """As secrets do on a server."""
    file = tmp_path / "key"
    file.write_text(GOOD + "\n")

    assert load({"LIENTHONG_EVIDENCE__MASTER_KEY_FILE": str(file)}).evidence.master_keys

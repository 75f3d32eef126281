"""``sandbox up`` and ``sandbox fail``: stand-ins that a connector author starts by hand."""

from __future__ import annotations

import json
import signal
import subprocess
import sys
from pathlib import Path

import httpx
import pytest

ROOT = Path(__file__).parents[3]


@pytest.fixture
def up():
    """All stand-ins on a free port, and what the command printed."""
    with subprocess.Popen(
        [sys.executable, "-m", "adapters.cli.main", "sandbox", "up", "--port", "0", "--json"],
        cwd=ROOT, stdout=subprocess.PIPE, text=True,
    ) as process:  # fmt: skip
        assert process.stdout is not None
        lines = []
        while not lines or lines[-1].rstrip() != "}":
            lines.append(process.stdout.readline())
            assert lines[-1], "it ended"
        yield json.loads("".join(lines))
        process.send_signal(signal.SIGTERM)
        assert process.wait(20) == 0


def fail(*arguments: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-m", "adapters.cli.main", "--lang", "en", "sandbox", "fail", *arguments],
        cwd=ROOT, capture_output=True, text=True, check=False,
    )  # fmt: skip


def test_the_stand_ins_answer_and_name_the_variables_that_lead_to_them(up):
    """Whoever starts them by hand copies the lines and starts the product beside them."""
    assert httpx.get(f"{up['url']}/_sandbox/vnpay/books").json()["payments"] == []
    assert up["environment"]["LIENTHONG_CONNECTORS__VNPAY__BASE_URL"] == up["url"]
    assert {"igate", "vnpay", "payment_platform", "statements", "dvcqg", "land"} <= set(up["systems"])


def test_a_fault_hits_the_system_that_was_named_and_ends_when_it_is_mended(up):
    """'The bank loses its answer' must not take the case system with it."""
    done = fail("bank", "--lose-answer", "--url", up["url"])
    assert done.returncode == 0, done.stderr
    with pytest.raises(httpx.RemoteProtocolError):
        httpx.get(f"{up['url']}/files?date=2026-11-25")
    assert httpx.get(f"{up['url']}/pa/dossier/search").status_code == 401

    assert fail("bank", "--mend", "--url", up["url"]).returncode == 0
    assert httpx.get(f"{up['url']}/files?date=2026-11-25").status_code == 200


@pytest.mark.parametrize(
    ("arguments", "code"),
    [
        (["momo", "--lose-answer"], 2),
        (["vnpay"], 2),
        (["vnpay", "--kind", "earthquake"], 2),
    ],
)
def test_wrong_use_is_said(up, arguments, code):
    """A misspelt fault that does nothing looks like a product that survives it."""
    assert fail(*arguments, "--url", up["url"]).returncode == code


def test_without_stand_ins_the_way_to_start_them_is_told():
    """Exit code 5: the partner is not there."""
    done = fail("vnpay", "--lose-answer", "--url", "http://127.0.0.1:9")

    assert done.returncode == 5
    assert "sandbox up" in done.stderr

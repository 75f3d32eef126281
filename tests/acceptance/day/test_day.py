"""The provincial day as a stranger runs it: small, with every fault, from an empty directory to the last file."""

from __future__ import annotations

import os
import re
import subprocess
import sys
from pathlib import Path

import pytest

from tests.support.embedded import short_home

ROOT = Path(__file__).parents[3]
_WITHIN_SECONDS = 600


@pytest.fixture(scope="module")
def played():
    """One small day; its exit code and everything that it said."""
    with short_home() as home:
        environment = {n: v for n, v in os.environ.items() if not n.startswith("LIENTHONG_")}
        environment |= {"LIENTHONG_DATA_DIRECTORY": str(home / "lienthong")}
        return subprocess.run(
            [sys.executable, "-m", "adapters.cli.main", "run", "all", "--sandbox", "--exit", "--port", "0",
             "--scale", "0.02", "--seed", "5"],
            cwd=ROOT, env=environment, capture_output=True, text=True, timeout=_WITHIN_SECONDS, check=False,
        )  # fmt: skip


def test_every_check_holds_at_the_end_of_the_day(played):
    """The main promise of the product, by books that are not its own."""
    assert "0 đồng chưa rõ, 0 hoàn hai lần" in played.stdout, played.stdout + played.stderr
    assert played.returncode == 0


def test_every_mishap_of_the_day_took_place(played):
    """A day without faults proves nothing; each of them is told in plain words."""
    for words in (
        "Phần mềm một cửa ngừng hoạt động",
        "Một tiến trình xử lý bị diệt",
        "làm xong mà không trả lời",
        "sai tổng, bị từ chối nguyên tệp",
        "không ghi hai lần",
    ):
        assert words in played.stderr


def test_the_table_ends_with_a_mark_of_the_books_and_the_way_to_the_pages(played):
    """Two runs of one seed are compared by it; whoever looks on wants to sign in."""
    assert re.search(r"Dấu của sổ sách: [0-9a-f]{16}", played.stdout)
    assert "mật khẩu lienthong-demo" in played.stdout

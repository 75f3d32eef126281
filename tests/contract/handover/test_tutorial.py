"""The tutorial is right: its blocks, put one behind the other, are a working profile, and the checker says what it says."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from connectors.errors import AlreadyDone
from connectors.handover.__main__ import main
from connectors.handover.connect import connected
from connectors.handover.settings import Settings
from connectors.kit.effects import Call
from connectors.kit.sandbox import Sandbox, SandboxAnswer, SandboxRequest, route, serve
from tests.contract.handover.conftest import CODE, facts_for

TUTORIAL = (Path(__file__).parents[3] / "docs" / "tutorials" / "handover-profile.md").read_text("utf-8")
BLOCKS = re.findall(r"```toml\n(.*?)```", TUTORIAL, re.DOTALL)


class _Vessels(Sandbox):
    """The tutorial's software."""

    system = "handover.tau-ca"

    @route("POST", "/nhan", "hand_over")
    def take(self, request: SandboxRequest) -> SandboxAnswer:
        self.body = request.body.decode()
        return SandboxAnswer(200, {}, '{"ok": "K", "loi": "12", "moTa": "Hồ sơ đã có"}'.encode())

    @route("GET", "/hoi", "ask_state")
    def tell(self, request: SandboxRequest) -> SandboxAnswer:
        said = f'{{"ok": "C", "loi": "00", "hoSo": {{"ma": "{request.query["ma"]}", "trangThai": 3}}}}'
        return SandboxAnswer(200, {}, said.encode())


@pytest.fixture
def file(tmp_path):
    made = tmp_path / "tau-ca.toml"
    made.write_text("\n".join(BLOCKS), "utf-8")
    return made


def test_the_empty_file_is_told_what_it_lacks(tmp_path, capsys):
    """The first step of the tutorial, with the very words that it shows."""
    empty = tmp_path / "tau-ca.toml"
    empty.write_text("", "utf-8")

    assert main([str(empty)]) == 1
    assert "name: thiếu trường bắt buộc · a needed field is missing" in capsys.readouterr().err


def test_the_blocks_together_are_a_right_profile(file, capsys):
    """Steps two to five."""
    assert main([str(file)]) == 0
    said = capsys.readouterr().out
    assert "hand_over, POST /nhan, findable" in said
    assert "giả định / assumed: answers.usual" in said
    assert main([]) == 0


def test_the_profile_of_the_tutorial_works(file, clock):
    """Step six: one trial dossier."""
    there = _Vessels(clock=clock)
    server = serve(there)
    section = Settings(systems={"TAU_CA": {"base_url": server.url, "profile": str(file)}})
    connection = connected(section, clock=clock)
    by_name = {each.name: each for each in connection.operations}
    try:
        with pytest.raises(AlreadyDone):
            by_name["hand_over"].perform(Call("k", CODE, facts_for("hand_over"), deadline_seconds=5))
        news = by_name["ask_state"].perform(Call("k", CODE, facts_for("ask_state"), deadline_seconds=5))
    finally:
        connection.transports[0].close()
        server.close()
    assert news.data["news"]["state"] == "processing"
    for part in (
        '"ho":"Nguyễn"',
        '"ngaySinh":"31/01/1999"',
        '"gioiTinh":"F"',
        '"nguon":"MOTCUA"',
        "20261123080000",
    ):
        assert part in there.body

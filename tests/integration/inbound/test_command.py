"""``lienthong inbound``: what waits, in words a person can act on."""

from __future__ import annotations

import json

import pytest

from adapters.cli.main import main
from tests.integration.inbound.conftest import SET_UP


@pytest.fixture
def command(world, monkeypatch, capsys):
    monkeypatch.setenv("LIENTHONG_DATABASE_URL", world.dsn)

    def run(*words: str) -> tuple[int, str]:
        code = main(["inbound", *words])
        return code, capsys.readouterr().out

    return run


def test_the_list_says_what_is_missing(world, command):
    """The work to do, not a stack."""
    world.control(world.civil, "civil_status/arrive", code="G22.99.08-261123-0001", procedure="9.999")
    world.set_up()
    world.pulls.run()
    world.work()

    code, out = command("list", "--open", "--json")
    [row] = json.loads(out)["news"]
    assert (code, row["state"], row["lacks"]) == (0, "parked", "thủ tục 9.999 chưa được ánh xạ")
    assert "TRẦN" not in out
    assert json.loads(command("list", "--json")[1])["systems"] == [
        {"system": "civil_status", "waiting": 0, "parked": 1, "applied": 0, "ignored": 0}
    ]


def test_a_set_up_file_that_cannot_be_read_changes_nothing(world, command, tmp_path):
    """Refused before anybody signs in."""
    path = tmp_path / "setup.toml"
    path.write_text(SET_UP.replace('"23710"', "23710"))
    code, _ = command("setup", str(path), "--reason", "x", "--login", "vanhanh")
    assert code != 0
    assert command("setup", str(tmp_path / "none.toml"), "--reason", "x", "--login", "vanhanh")[0] != 0
    assert world.all("select count(*) from inbound_setup") == [(0,)]

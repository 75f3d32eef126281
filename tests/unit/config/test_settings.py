"""Settings: one tree, and a wrong value stops the process with the variable's name."""

from __future__ import annotations

import pydantic
import pytest

from config.errors import SettingsRefused
from config.settings import load

PLANTED = "planted-Value-77"


def test_an_empty_environment_makes_a_single_machine():
    """Nothing must be chosen before the first start."""
    settings = load({})

    assert settings.database_url.get_secret_value() == ""
    assert settings.work.processes == 2


def test_nested_names_lead_to_their_sections():
    """The variable's name is the path in the tree."""
    settings = load(
        {
            "LIENTHONG_API__PORT": "9000",
            "LIENTHONG_CONNECTORS__STATEMENTS__BASE_URL": "http://127.0.0.1:1",
            "LIENTHONG_CONNECTORS__STATEMENTS__PROFILES": '{"0123": "bank-generic-csv"}',
            "HOME": "/nowhere",
        }
    )

    assert settings.api.port == 9000
    assert settings.connectors.statements.base_url == "http://127.0.0.1:1"
    assert settings.connectors.statements.profiles == {"0123": "bank-generic-csv"}


def test_the_tree_cannot_be_changed():
    """What was read at start is what runs."""
    with pytest.raises(pydantic.ValidationError):
        load({}).api.port = 1


@pytest.mark.parametrize(
    ("variable", "value", "word"),
    [
        ("LIENTHONG_API__PORT", "eighty", "cannot be used"),
        ("LIENTHONG_API__PORT", "", "empty"),
        ("LIENTHONG_API__PROT", "80", "no such setting"),
        ("LIENTHONG_DATABSE_URL", "x", "no such setting"),
        ("LIENTHONG_CONNECTORS__STATEMENTS__TOKEN", "short", "too short"),
        ("LIENTHONG_CONNECTORS__STATEMENTS__TOKEN", "changeme", "everybody knows"),
        ("LIENTHONG_CONNECTORS__STATEMENTS__TOKEN", "xxxxxxxxxxxx", "everybody knows"),
        ("LIENTHONG_API", "8080", "cannot be used"),
    ],
)
def test_a_wrong_value_is_refused_with_the_name_of_its_variable(variable, value, word):
    """Whoever starts the program must see which line to change, in their own language too."""
    with pytest.raises(SettingsRefused) as refused:
        load({variable: value})

    assert variable in str(refused.value)
    assert word in str(refused.value)
    assert " / " in str(refused.value)


def test_the_value_itself_is_never_shown():
    """Error messages end up in tickets."""
    with pytest.raises(SettingsRefused) as refused:
        load({"LIENTHONG_API__PORT": PLANTED, "LIENTHONG_LOGGING__LEVEL": PLANTED})

    assert PLANTED not in repr(refused.value)
    assert str(refused.value).count("\n") == 1


def test_secrets_are_read_from_files(tmp_path):
    """A secret in the environment is seen by every process of the account."""
    named, directory = tmp_path / "token", tmp_path / "secrets"
    named.write_text(PLANTED + "\n")
    directory.mkdir()
    (directory / "lienthong_database_url").write_text("postgresql://u:p@h/d")

    settings = load(
        {"LIENTHONG_CONNECTORS__STATEMENTS__TOKEN_FILE": str(named), "LIENTHONG_SECRETS_DIR": str(directory)}
    )

    assert settings.connectors.statements.token.get_secret_value() == PLANTED
    assert settings.database_url.get_secret_value() == "postgresql://u:p@h/d"
    assert PLANTED not in repr(settings)


def test_a_secret_in_two_places_or_in_no_file_is_refused(tmp_path):
    """Nobody could say which one is in force."""
    named = tmp_path / "token"
    named.write_text(PLANTED)
    name = "LIENTHONG_CONNECTORS__STATEMENTS__TOKEN"
    with pytest.raises(SettingsRefused, match="set twice"):
        load({name: PLANTED, name + "_FILE": str(named)})
    with pytest.raises(SettingsRefused, match=r"TOKEN_FILE.*cannot be read"):
        load({name + "_FILE": str(tmp_path / "nothing")})

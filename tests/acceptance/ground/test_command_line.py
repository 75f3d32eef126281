"""The command line speaks to people: sentences, next steps, exit codes that mean something."""

from __future__ import annotations

import json
import os
import subprocess
import sys

import pytest

from tests.support.installation import ROOT


def _run(*arguments: str, **environment: str) -> subprocess.CompletedProcess[str]:
    own = {name: value for name, value in os.environ.items() if not name.startswith("LIENTHONG_")}
    return subprocess.run(
        [sys.executable, "-m", "adapters.cli.main", *arguments],
        cwd=ROOT, env=own | {"LANG": "vi_VN.UTF-8", "LC_ALL": ""} | environment, capture_output=True, text=True, check=False,
    )  # fmt: skip


def test_help_lists_the_exit_codes_and_loads_nothing_heavy():
    """Help must come at once, and scripts must know what a number means."""
    probe = (
        "import sys; from adapters.cli.main import main; main(['--help']); "
        "print([m for m in ('psycopg', 'pydantic', 'dramatiq', 'rich', 'starlette', 'polars', 'lxml') if m in sys.modules])"
    )
    done = subprocess.run([sys.executable, "-c", probe], cwd=ROOT, capture_output=True, text=True, check=True)

    assert done.stdout.splitlines()[-1] == "[]"
    for code in ("3 thiết lập", "4 cơ sở dữ liệu", "130 bị ngắt"):
        assert code in " ".join(done.stdout.split())


def test_wrong_settings_stop_with_the_variables_name_and_code_3():
    """Whoever starts it must see which line to change."""
    done = _run("db", "check", LIENTHONG_API__PORT="eighty")

    assert done.returncode == 3
    assert "LIENTHONG_API__PORT" in done.stderr
    assert "eighty" not in done.stderr
    assert "Traceback" not in done.stderr
    assert "Làm gì tiếp" in done.stderr


def test_english_when_asked_or_when_the_locale_says_so():
    """Both languages say the same."""
    for done in (
        _run("--lang", "en", "db", "check", LIENTHONG_API__PORT="x"),
        _run("db", "check", LIENTHONG_API__PORT="x", LANG="en_GB.UTF-8"),
    ):
        assert "The settings cannot be used" in done.stderr


def test_an_unreachable_database_is_code_4_without_its_password():
    """A ticket with this text must be safe to send on."""
    done = _run(
        "db", "check", LIENTHONG_DATABASE_URL="postgresql://someone:planted-Value-77@127.0.0.1:1/none"
    )

    assert done.returncode == 4
    assert "planted-Value-77" not in done.stdout + done.stderr
    assert "Traceback" not in done.stderr
    assert "LIENTHONG_DATABASE_URL" in done.stderr


def test_pending_migrations_are_found_problems(databases):
    """A script decides by the number."""
    databases.admin.execute(f"create database lt_test_{databases.token}_bare template template0")
    from tests.support.database import named

    url = named(databases.dsn, f"lt_test_{databases.token}_bare")
    before = _run("db", "check", "--json", LIENTHONG_DATABASE_URL=url)
    moved = _run("db", "migrate", "--json", LIENTHONG_DATABASE_URL=url)
    after = _run("db", "check", LIENTHONG_DATABASE_URL=url)
    databases.drop(url)

    assert before.returncode == 6
    assert json.loads(before.stdout)["pending"] == json.loads(moved.stdout)["applied"]
    assert after.returncode == 0


@pytest.mark.parametrize(
    "arguments", [("nonsense",), ("db", "nonsense"), ("--lang", "fr", "db"), ("run", "all", "--port", "x")]
)
def test_wrong_use_is_code_2_and_never_a_traceback(arguments):
    """A typing mistake is not a failure of the installation."""
    done = _run(*arguments)

    assert done.returncode == 2
    assert "Traceback" not in done.stderr


def test_a_worker_without_a_running_server_says_what_to_start():
    """The embedded server belongs to 'run all'; a second process must not start it by accident."""
    done = _run("run", "worker", LIENTHONG_DATA_DIRECTORY="/nonexistent/place")

    assert done.returncode == 4
    assert "run all" in done.stderr


def test_doctor_says_what_is_wrong_and_what_to_do(database, databases):
    """Whoever is on duty at night is not a programmer."""
    good = _run("doctor", "--json", LIENTHONG_DATABASE_URL=database)
    bare = _run("doctor", "--only", "migrations", LIENTHONG_DATABASE_URL=databases.dsn)
    nowhere = _run("doctor", "--only", "database", LIENTHONG_DATABASE_URL="postgresql://x@127.0.0.1:1/x")
    broker = _run(
        "doctor",
        "--only",
        "broker",
        LIENTHONG_DATABASE_URL=database,
        LIENTHONG_BROKER_URL="amqp://127.0.0.1:1/",
    )

    assert good.returncode == 0, good.stdout + good.stderr
    assert {check["verdict"] for check in json.loads(good.stdout)["checks"]} <= {"ok", "warning"}
    for done, advice in (
        (bare, "db migrate"),
        (nowhere, "LIENTHONG_DATABASE_URL"),
        (broker, "LIENTHONG_BROKER_URL"),
    ):
        assert done.returncode == 6, done.stdout + done.stderr
        assert advice in done.stdout
        assert "Traceback" not in done.stderr

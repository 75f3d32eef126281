"""PostgreSQL without an administrator: made on first use, run as our child, gone when we are gone."""

from __future__ import annotations

import fcntl
import os
import secrets
import shutil
import signal
import subprocess
from pathlib import Path
from typing import IO
from urllib.parse import quote

import psycopg

from jobs.store.embedded.places import (
    Account,
    EmbeddedServerFailed,
    as_account,
    default_home,
    make_home,
    own_directory,
    programs,
    server_account,
    socket_directory,
)
from jobs.store.embedded.process import end_leftover, forget_recycled, spawn, wait_until

DATABASE = USER = "lienthong"
# What a start says that comes too early after a kill: backends hold the memory, or nobody has collected the dead yet.
_REMAINS = ("pre-existing shared memory block", 'lock file "postmaster.pid" already exists')
_LOCK_PATIENCE_SECONDS = 3.0
_LOG_LIMIT = 10_000_000
# One machine, few connections, little memory. Durability is left as PostgreSQL ships it.
_SETTINGS = {
    "listen_addresses": "",
    "unix_socket_permissions": "0700",
    "shared_buffers": "32MB",
    "max_connections": "60",
    "max_locks_per_transaction": "256",
    "work_mem": "8MB",
    "maintenance_work_mem": "64MB",
    "max_wal_size": "1GB",
    "max_worker_processes": "2",
    "max_parallel_workers_per_gather": "0",
    "max_parallel_maintenance_workers": "0",
    "max_logical_replication_workers": "0",
    "autovacuum_max_workers": "1",
    "io_method": "sync",
    "huge_pages": "off",
    "jit": "off",
    "timezone": "UTC",
    "log_timezone": "UTC",
    "log_line_prefix": "%m [%p] ",
    "cluster_name": "lienthong",
}


class EmbeddedServer:
    """One server on one data directory; start and stop it from the main thread.

    Safe to start after any kind of death: orphans of a killed server are ended, a half-made data directory is
    thrown away, crash recovery is waited for.
    """

    def __init__(
        self, home: Path | None = None, *, sync: bool = True, settings: dict[str, str] | None = None
    ) -> None:
        """Nothing is touched before :meth:`start`.

        Args:
            home: the installation's directory; the system's or the user's when ``None``.
            sync: ``False`` for tests only: the making of the data directory is not flushed to disk.
            settings: server settings beside or instead of the built-in ones.
        """
        self.home = (home or default_home()).absolute()
        self._sync = sync
        self._settings = _SETTINGS | (settings or {})
        self._process: subprocess.Popen[bytes] | None = None
        self._lock: IO[bytes] | None = None
        self._socket = self.home / "run"

    @property
    def data(self) -> Path:
        """The data directory."""
        return self.home / "postgres"

    @property
    def pid(self) -> int | None:
        """Process id while the server runs."""
        return self._process.pid if self._process is not None and self._process.poll() is None else None

    def dsn(self, database: str = DATABASE) -> str:
        """An address without the password: it is read from a file that only we can read."""
        parts = {"host": str(self._socket), "passfile": str(self.home / "passfile")}
        query = "&".join(f"{key}={quote(value, safe='/')}" for key, value in parts.items())
        return f"postgresql://{USER}@/{database}?{query}"

    def running_dsn(self) -> str | None:
        """The DSN when another process runs this server now; asks by connecting."""
        if not (self.home / "passfile").exists():
            return None
        try:
            self._socket = socket_directory(self.home, server_account())
            with psycopg.connect(self.dsn(), connect_timeout=3):
                return self.dsn()
        except (psycopg.OperationalError, EmbeddedServerFailed, OSError):
            return None

    def start(self, *, within: float = 60.0) -> str:
        """Start, or make and start; the DSN of the application's database.

        Raises:
            EmbeddedServerFailed: with a sentence about the cause and the path of the log.
        """
        account = server_account()
        make_home(self.home)
        self._take_lock()
        try:
            self._socket = socket_directory(self.home, account)
            binaries = programs(self.home, account)
            end_leftover(self.data)
            forget_recycled(self.data)
            if not self.data.exists():
                self._make(binaries, account)
            self._check_version(binaries)
            self._start(binaries, account, within)
            self._make_database()
        except BaseException:
            self.stop()
            raise
        return self.dsn()

    def stop(self, *, within: float = 30.0) -> None:
        """Fast, clean stop; harmless when nothing runs."""
        process, self._process = self._process, None
        if process is not None and process.poll() is None:
            process.send_signal(signal.SIGINT)
            try:
                process.wait(within)
            except subprocess.TimeoutExpired:
                process.send_signal(signal.SIGQUIT)
                process.wait(5)
        if self._lock is not None:
            self._lock.close()
            self._lock = None

    def leave_to_parent(self) -> None:
        """In a forked child: the server and its lock are the parent's; nothing is stopped from here."""
        self._process = None
        if self._lock is not None:
            self._lock.close()
            self._lock = None

    def _take_lock(self) -> None:
        if self._lock is not None:
            raise EmbeddedServerFailed(f"the server of {self.home} is running already")
        lock = (self.home / "lock").open(
            "wb"
        )  # Python's files do not survive exec: the server never holds it
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError as exc:
            lock.close()
            raise EmbeddedServerFailed(f"another process runs the server of {self.home}") from exc
        self._lock = lock

    def _make(self, binaries: Path, account: Account | None) -> None:
        building = self.home / "postgres.new"
        if building.exists():
            shutil.rmtree(building)
        own_directory(building, account)
        password = secrets.token_urlsafe(24)  # a password, not an id: nothing replays it
        _write_private(self.home / "passfile", f"*:*:*:{USER}:{password}\n", None)
        given = self._socket / "password"
        _write_private(given, password + "\n", account)
        command = [str(binaries / "initdb"), "-D", str(building), "-U", USER, f"--pwfile={given}"]
        command += ["--auth=scram-sha-256", "--encoding=UTF8", "--no-locale", "--data-checksums"]
        command += [] if self._sync else ["--no-sync"]
        try:
            done = subprocess.run(  # noqa: S603 - our own programs
                command,
                capture_output=True,
                text=True,
                check=False,
                cwd="/",
                env={"LC_ALL": "C"},
                **as_account(account),
            )
        finally:
            given.unlink()
        if done.returncode:
            raise EmbeddedServerFailed(f"initdb failed: {done.stderr.strip()[-500:]}")
        building.rename(self.data)

    def _check_version(self, binaries: Path) -> None:
        have = (self.data / "PG_VERSION").read_text().strip()
        done = subprocess.run(  # noqa: S603
            [str(binaries / "postgres"), "--version"], capture_output=True, text=True, check=True, cwd="/",
            **as_account(server_account()),
        )  # fmt: skip
        major = done.stdout.split()[2].partition(".")[0]
        if have != major:
            raise EmbeddedServerFailed(
                f"the data in {self.data} are of PostgreSQL {have}, the programs are {major}: move them by dump"
            )

    def _start(self, binaries: Path, account: Account | None, within: float) -> None:
        settings = self._settings | {"unix_socket_directories": str(self._socket)}
        command = [str(binaries / "postgres"), "-D", str(self.data)]
        for name, value in settings.items():
            command += ["-c", f"{name}={value}"]
        log = self.home / "postgres.log"
        if log.exists() and log.stat().st_size > _LOG_LIMIT:
            log.rename(log.with_suffix(".log.1"))
        log.touch(mode=0o600)  # it may quote a statement with a person in it
        outcome = ""

        def attempt() -> bool:
            nonlocal outcome
            outcome = self._attempt(command, account, log, within)
            return not any(words in outcome for words in _REMAINS)

        # Backends of a killed server live some milliseconds longer than it and hold its memory.
        wait_until(attempt, within, every=0.1)
        if outcome:
            raise EmbeddedServerFailed(f"PostgreSQL does not start: {outcome.strip()[-400:]} (log: {log})")

    def _attempt(self, command: list[str], account: Account | None, log: Path, within: float) -> str:
        """One start; what the server wrote when it ended, empty when it serves."""
        with log.open("ab") as out:
            out.seek(0, os.SEEK_END)
            before = out.tell()
            process = self._process = spawn(command, account, out)
        # As long as it lives it may be recovering from a crash; that is worth every second.
        served = wait_until(
            lambda: process.poll() is not None or self._answers(), max(within, 600.0), every=0.005
        )
        if process.poll() is None and served:
            return ""
        self._process = None
        with log.open("rb") as written:
            written.seek(before)
            return written.read().decode(errors="replace") or "no word in the log"

    def _answers(self) -> bool:
        try:
            last = (self.data / "postmaster.pid").read_text().splitlines()[7]
        except (OSError, IndexError):
            return False
        return (
            last.strip() == "ready"
            and self._process is not None
            and _first_line(self.data) == self._process.pid
        )

    def _make_database(self) -> None:
        with psycopg.connect(self.dsn("postgres"), autocommit=True) as connection:
            there = connection.execute("select from pg_database where datname = %s", (DATABASE,)).fetchone()
            if there is None:
                connection.execute(f"create database {DATABASE}")


def _first_line(data: Path) -> int:
    return int((data / "postmaster.pid").read_text().splitlines()[0])


def _write_private(path: Path, text: str, account: Account | None) -> None:
    path.unlink(missing_ok=True)
    descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_NOFOLLOW, 0o600)
    with os.fdopen(descriptor, "w") as out:
        if account is not None:
            os.fchown(descriptor, account.uid, account.gid)
        out.write(text)

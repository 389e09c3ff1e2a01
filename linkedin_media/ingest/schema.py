"""The ledger's tables, for SQLite and PostgreSQL alike (SQLAlchemy Core), and how an older ledger becomes a newer one."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any, Final

from sqlalchemy import (
    BigInteger,
    Column,
    Connection,
    Index,
    Integer,
    MetaData,
    SmallInteger,
    String,
    Table,
    Text,
    UniqueConstraint,
    inspect,
    select,
)
from sqlalchemy.ext.compiler import compiles
from sqlalchemy.sql.functions import FunctionElement

from ..errors import LedgerUnusable

VERSION: Final = 1
"""Of the schema; a ledger of a higher one is refused, a lower one is migrated."""

metadata: Final = MetaData()
_big = BigInteger().with_variant(Integer, "sqlite")

LONGEST_NOTE: Final = 64
about = Table(
    "linkedin_media_ledger", metadata, Column("name", String(LONGEST_NOTE), primary_key=True), Column("value", Text)
)

job = Table(
    "job",
    metadata,
    Column("id", _big, primary_key=True, autoincrement=True),
    Column("key", Text, nullable=False, unique=True),
    Column("spec", Text, nullable=False),
    Column("author", Text, nullable=False),
    Column("state", String(16), nullable=False, server_default="new"),
    Column("done", SmallInteger, nullable=False, server_default="0"),
    Column("owner", String(64)),
    Column("images", Text, nullable=False, server_default="[]"),
    Column("orphans", Text, nullable=False, server_default="[]"),
    Column("tries", Integer, nullable=False, server_default="0"),
    Column("sendings", Integer, nullable=False, server_default="0"),
    Column("not_before", _big),
    Column("first_intent_at", _big),
    Column("intent_at", _big),
    Column("intent_digest", String(64)),
    Column("post", Text),
    Column("error", Text),
    Column("began_at", _big),
    Column("uploaded_at", _big),
    Column("available_at", _big),
    Column("ended_at", _big),
)
_PARTIAL: Final = {
    Index("job_unfinished", job.c.id): job.c.done == 0,
    Index("job_by_post", job.c.post): job.c.post.is_not(None),
}
"""Indexes of some rows alone. Said here as an option of each dialect, it would import both of them."""

worker = Table(
    "worker",
    metadata,
    Column("owner", String(64), primary_key=True),
    Column("seen", _big, nullable=False),
    Column("pid", Integer),
    Column("host", Text),
)

content = Table(
    "content",
    metadata,
    Column("owner", Text, nullable=False),
    Column("sha256", String(64), nullable=False),
    Column("image", Text, nullable=False),
    UniqueConstraint("owner", "sha256"),
)

quota = Table(
    "quota",
    metadata,
    Column("day", String(10), primary_key=True),
    Column("used", Integer, nullable=False, server_default="0"),
)


class now_ms(FunctionElement[int]):  # noqa: N801 -- reads as the SQL function it is
    """The database's own clock in epoch milliseconds; every instant that decides anything comes from it.

    It stands still while a statement runs: what one statement writes down has one time.
    """

    type = BigInteger()
    inherit_cache = True


@compiles(now_ms, "sqlite")
def _sqlite_now(_element: Any, _compiler: Any, **_options: Any) -> str:
    return "CAST((julianday('now') - 2440587.5) * 86400000 AS INTEGER)"


@compiles(now_ms, "postgresql")
def _postgresql_now(_element: Any, _compiler: Any, **_options: Any) -> str:
    return "CAST(extract(epoch FROM statement_timestamp()) * 1000 AS BIGINT)"


MIGRATIONS: Final[Sequence[Callable[[Connection], None]]] = ()
"""Step n takes a ledger from version n + 1 to n + 2."""


def prepare(connection: Connection, name: str) -> None:
    """Create the tables of an empty database, or migrate those of an older release.

    Raises:
        LedgerUnusable: The database holds something else, or a ledger of a newer release.
    """
    tables = set(inspect(connection).get_table_names())
    if not tables:
        for index, rows in _PARTIAL.items():
            index.dialect_options[connection.dialect.name]["where"] = rows
        metadata.create_all(connection, checkfirst=False)
        connection.execute(about.insert().values(name="version", value=str(VERSION)))
        return
    version = version_of(connection, name, tables)
    for step in range(version, VERSION):
        MIGRATIONS[step - 1](connection)
        connection.execute(about.update().where(about.c.name == "version").values(value=str(step + 1)))


def version_of(connection: Connection, name: str, tables: set[str] | None = None) -> int:
    """Return the version of an existing ledger's schema.

    Raises:
        LedgerUnusable: It is no ledger, or of a newer release.
    """
    known = set(inspect(connection).get_table_names()) if tables is None else tables
    if about.name not in known:
        return check_version(None, name, is_ledger=False)
    text = connection.execute(select(about.c.value).where(about.c.name == "version")).scalar_one_or_none()
    return check_version(text, name)


def check_version(text: str | None, name: str, *, is_ledger: bool = True) -> int:
    """Return the version that a ledger says it has.

    Raises:
        LedgerUnusable: It is no ledger, or of a newer release.
    """
    if not is_ledger:
        raise LedgerUnusable(
            f"{name} is a database, but no ledger", hint="give a new file, or the ledger of an earlier run"
        )
    version = int(text) if text and text.isdigit() else 0
    if not 0 < version <= VERSION:
        raise LedgerUnusable(
            f"{name} is a ledger of version {text}; this release reads up to {VERSION}", hint="upgrade linkedin-media"
        )
    return version

"""The migrations and the models end in the same schema, index conditions included."""

from alembic.autogenerate import compare_metadata
from alembic.runtime.migration import MigrationContext
from sqlalchemy import text

from app import schema
from course.database import Database

SQLITE = "SELECT type, name, tbl_name, sql FROM sqlite_master WHERE sql IS NOT NULL"
POSTGRESQL_INDEXES = "SELECT indexname, indexdef FROM pg_indexes WHERE schemaname = 'public'"
POSTGRESQL_COLUMNS = (
    "SELECT table_name, column_name, data_type, is_nullable, character_maximum_length "
    "FROM information_schema.columns WHERE table_schema = 'public'"
)


def described(database: Database) -> set[str]:
    queries = [POSTGRESQL_INDEXES, POSTGRESQL_COLUMNS] if database.is_postgresql else [SQLITE]
    with database.reading() as session:
        rows = [row for query in queries for row in session.execute(text(query))]
    flat = {" ".join(" ".join(str(cell) for cell in row).split()) for row in rows}
    return {line for line in flat if "alembic_version" not in line}


def empty(database: Database) -> None:
    schema.METADATA.drop_all(database.engine)


def test_migrated_schema_and_models_are_equal(database: Database) -> None:
    empty(database)
    schema.METADATA.create_all(database.engine)
    modelled = described(database)
    empty(database)
    schema.migrate(database)
    assert normal(described(database)) == normal(modelled)
    with database.engine.connect() as connection:
        context = MigrationContext.configure(connection, opts={"compare_type": True})
        assert compare_metadata(context, schema.METADATA) == []


def normal(lines: set[str]) -> set[str]:
    """Constraint order within a CREATE TABLE is no difference."""
    return {
        " ".join(sorted(line.replace(",", " ").replace('"', "").replace("(", " ( ").split()))
        for line in lines
    }


def test_migrating_twice_changes_nothing(database: Database) -> None:
    empty(database)
    assert not schema.is_current(database)
    schema.migrate(database)
    assert schema.is_current(database)
    schema.migrate(database)
    assert schema.is_current(database)

"""All that a database holds, to be compared."""

from sqlalchemy import select

from app.schema import METADATA
from course.database import Database


def everything(database: Database) -> dict[str, list[tuple[object, ...]]]:
    with database.reading() as session:
        return {
            table.name: [tuple(row) for row in session.execute(select(table))]
            for table in METADATA.sorted_tables
        }

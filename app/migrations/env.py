"""How Alembic reaches our tables: always through a connection handed to it by app.schema."""

from alembic import context

from app.schema import METADATA

connection = context.config.attributes["connection"]
context.configure(
    connection=connection, target_metadata=METADATA, render_as_batch=True, compare_type=True
)
with context.begin_transaction():
    context.run_migrations()
# SQLite's transaction is begun by us (see course.database), so it is for us to end it.
connection.commit()

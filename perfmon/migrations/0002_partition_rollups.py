"""On PostgreSQL the rollup tables become tables partitioned by ``start``, with all their rows; elsewhere nothing changes.

Django's state stays as it was: the same columns, constraints and indexes under the same names. Only the primary key
gains ``start``, because a partitioned table can't vouch for a key without it. Each table is built anew beside the old
one and takes its name, all in one transaction; the rollups are locked meanwhile, and the collector catches up afterwards.
"""

from datetime import UTC, datetime

from django.db import migrations

DAY = 86_400
# (model, seconds a partition holds, the unique constraint on series and start, the index on start)
TABLES = (
    ("MinuteRollup", DAY, "perfmon_minute_series_start", "perfmon_minute_start"),
    ("HourRollup", 30 * DAY, "perfmon_hour_series_start", "perfmon_hour_start"),
    ("DayRollup", 365 * DAY, "perfmon_day_series_start", "perfmon_day_start"),
)


def partition(apps, schema_editor):
    """Turn each table into a partitioned one, with a partition for each stretch of time that has rows."""
    for name, length_s, unique, by_start in TABLES:
        table = apps.get_model("perfmon", name)._meta.db_table
        _rebuild(schema_editor, table, unique, by_start, key='"id", "start"', length_s=length_s)


def unpartition(apps, schema_editor):
    """Turn each table into a plain one again, with the rows of all its partitions."""
    for name, _, unique, by_start in TABLES:
        table = apps.get_model("perfmon", name)._meta.db_table
        _rebuild(schema_editor, table, unique, by_start, key='"id"', length_s=None)


def _rebuild(schema_editor, table, unique, by_start, *, key, length_s):
    connection = schema_editor.connection
    if connection.vendor != "postgresql":
        return
    new = f"{table}_new"
    by = 'PARTITION BY RANGE ("start")' if length_s else ""
    with connection.cursor() as cursor:
        cursor.execute(f'LOCK TABLE "{table}" IN ACCESS EXCLUSIVE MODE')
        names = connection.introspection.get_constraints(cursor, table)
        primary = next(name for name, one in names.items() if one["primary_key"])
        foreign = next(name for name, one in names.items() if one["foreign_key"])
        cursor.execute(f'CREATE TABLE "{new}" (LIKE "{table}" INCLUDING IDENTITY INCLUDING STORAGE) {by}')
        if length_s:
            _make_partitions(cursor, table, new, length_s)
        cursor.execute(f'INSERT INTO "{new}" SELECT * FROM "{table}"')
        cursor.execute(f"SELECT setval(pg_get_serial_sequence('{new}', 'id'), COALESCE(max(id), 0) + 1, false) FROM \"{new}\"")
        cursor.execute(f'DROP TABLE "{table}"')
        cursor.execute(f'ALTER TABLE "{new}" RENAME TO "{table}"')
        cursor.execute(f'ALTER SEQUENCE "{new}_id_seq" RENAME TO "{table}_id_seq"')
        # After the rows: an index built at once is smaller and faster than one that grew.
        cursor.execute(f'ALTER TABLE "{table}" ADD CONSTRAINT "{primary}" PRIMARY KEY ({key})')
        cursor.execute(f'ALTER TABLE "{table}" ADD CONSTRAINT "{unique}" UNIQUE ("series_id", "start")')
        cursor.execute(f'CREATE INDEX "{by_start}" ON "{table}" ("start")')
        cursor.execute(
            f'ALTER TABLE "{table}" ADD CONSTRAINT "{foreign}" FOREIGN KEY ("series_id") '
            f'REFERENCES "perfmon_seriesname" ("id") DEFERRABLE INITIALLY DEFERRED'
        )
        cursor.execute(f'ANALYZE "{table}"')


def _make_partitions(cursor, table, new, length_s):
    """Make a partition for each stretch that has rows; perfmon.store.partitions makes and names the later ones alike."""
    cursor.execute(f'SELECT DISTINCT "start" / {length_s} * {length_s} FROM "{table}"')
    for (since,) in cursor.fetchall():
        name = f"{table}_{datetime.fromtimestamp(since, UTC):%Y%m%d}"
        cursor.execute(
            f'CREATE TABLE "{name}" PARTITION OF "{new}" FOR VALUES FROM ({since}) TO ({since + length_s})'
        )


class Migration(migrations.Migration):
    dependencies = [("perfmon", "0001_initial")]
    operations = [migrations.RunPython(partition, unpartition, hints={"model_name": "minuterollup"})]

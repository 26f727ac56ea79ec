"""Make a replica anew: ``python -m omniwriter.stack.rebuild CLUSTER REPLICA SLOT``, while the replica does not run.

The supervisor runs it for a replica that can't follow its primary any more. What the replica had is kept until the copy
is whole.
"""

from __future__ import annotations

import shutil
import sys
from pathlib import Path

import psycopg

from omniwriter.stack import postgres
from omniwriter.stack.cluster import PORT, SUPERUSER, Cluster
from omniwriter.stack.errors import StackError


def rebuild(cluster: Cluster, replica: Path, slot: str) -> None:
    """Copy the primary into the folder ``replica``; raises StackError or psycopg.Error when it can't be copied."""
    draft = replica.with_name(f"{replica.name}.new")
    shutil.rmtree(draft, ignore_errors=True)
    with cluster.connect("postgres") as connection:
        ours = "FROM pg_replication_slots WHERE slot_name = %s"
        connection.execute(f"SELECT pg_terminate_backend(active_pid, 5000) {ours} AND active", [slot])
        connection.execute(f"SELECT pg_drop_replication_slot(slot_name) {ours}", [slot])
        connection.execute("SELECT pg_create_physical_replication_slot(%s, true)", [slot])  # true: from now on
    postgres.clone(draft, host=cluster.sockets, primary_port=PORT, user=SUPERUSER, slot=slot, new_slot=False)
    if replica.exists():
        shutil.rmtree(replica)
    draft.rename(replica)


if __name__ == "__main__":
    try:
        rebuild(Cluster(Path(sys.argv[1])), Path(sys.argv[2]), sys.argv[3])
    except (StackError, psycopg.Error, OSError) as error:
        sys.exit(f"The replica could not be rebuilt: {error}")
    sys.stdout.write(f"{sys.argv[2]} is a new copy of the primary.\n")

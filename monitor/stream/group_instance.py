"""The name of a worker in its group: a worker that was killed and started again gets the same one.

The broker knows a member with a name (static membership, KIP-345). If it comes back before its session has
ended, it gets its partitions at once, and the rest of the group reads on. Without a name, all members wait
for the session of the killed one.

A name must be unique. The workers of a machine take the numbers 0, 1, 2 and so on. Each holds its number by
an abstract socket (unix(7)), which the kernel frees when the process ends, however it ends. Containers have
such sockets and host names of their own.
"""

from __future__ import annotations

import hashlib
import socket
from pathlib import Path
from typing import Any, Final

AUTO: Final = "auto"
"""The setting for a name from this file."""

NONE: Final = "none"
"""The setting for no name."""

MOST_WORKERS: Final = 1_000
"""Numbers that are tried; no machine runs more workers of one group."""

BOOT_ID: Final = Path("/proc/sys/kernel/random/boot_id")
NETWORK: Final = Path("/proc/self/ns/net")


class GroupInstance:
    """A name in a group, as long as this object is open.

    Args:
        setting: of the user: `AUTO`, `NONE` or a name.
        group: the consumer group.

    Attributes:
        name: for the broker; None for no name, also where the system has no abstract sockets.
    """

    def __init__(self, setting: str, group: str) -> None:
        self._socket: socket.socket | None = None
        self.name: str | None = None
        if setting == AUTO:
            self.name = self._claim(group)
        elif setting != NONE:
            self.name = setting

    def close(self) -> None:
        """Free the name for another worker."""
        if self._socket is not None:
            self._socket.close()

    def leave_at_end(self, app: Any) -> None:
        """Make the consumer leave the group when it stops, so that the other workers need not wait for it.

        aiokafka leaves a group without a name only, since a member with a name may come back. A worker that
        was told to stop may not, and a killed one does not get here.

        Args:
            app: the Faust app.
        """
        consumer = getattr(getattr(app.consumer, "_thread", None), "_consumer", None)
        if consumer is not None:
            consumer._coordinator._group_instance_id = None

    def _claim(self, group: str) -> str | None:
        place = _place_of_this_process()
        if place is None:
            return None
        digest = hashlib.sha256(group.encode()).hexdigest()[:16]
        for number in range(MOST_WORKERS):
            holder = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM)
            try:
                holder.bind(f"\0ade-monitor-worker-{digest}-{number}")
            except OSError:
                holder.close()
                continue
            self._socket = holder
            return f"{place}-{number}"
        return None


def _place_of_this_process() -> str | None:
    """Return what distinguishes the sockets of this process from all others: host, boot and network.

    None if the system does not tell; a name could then occur twice.
    """
    try:
        kernel = BOOT_ID.read_text().strip() + str(NETWORK.stat().st_ino)
    except OSError:
        return None
    host = "".join(
        letter if letter.isalnum() and letter.isascii() else "-" for letter in socket.gethostname()
    )
    return f"{host[:60]}-{hashlib.sha256(kernel.encode()).hexdigest()[:8]}"

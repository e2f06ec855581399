"""Socket pairs between all media workers, made before any of them starts.

Each worker inherits its ends (`webvisio_media.engine.links`); this process
keeps both ends of each pair open, so that a worker that takes another's place
inherits the same ones. Nobody else can reach them: they have no address.
"""

import itertools
import socket


class Mesh:
    """See the module."""

    def __init__(self, workers: int) -> None:
        self._ends: dict[tuple[int, int], socket.socket] = {}
        for here, there in itertools.combinations(range(workers), 2):
            pair = socket.socketpair(socket.AF_UNIX, socket.SOCK_DGRAM)
            self._ends[here, there], self._ends[there, here] = pair

    def ends(self, place: int) -> dict[int, int]:
        """List the descriptors of a worker's ends, by the place of the worker at the other end."""
        return {there: end.fileno() for (here, there), end in self._ends.items() if here == place}

    def close(self) -> None:
        """Give all of them back."""
        for end in self._ends.values():
            end.close()
        self._ends.clear()

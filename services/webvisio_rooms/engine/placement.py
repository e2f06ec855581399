"""On which workers the people of each session are (pure).

A session stays on one worker while that has fewer than `peers_a_worker`
peers; whoever comes then is put where the fewest are, and the session is on
several workers. Nobody is ever moved: a session grows together again as people
leave and come back.
"""

from collections import Counter
from collections.abc import Collection

from webvisio_protocol.identifiers import GroupId, PeerId


class Placement:
    """Who is where; workers are named by their place, from 0 on."""

    def __init__(self, peers_a_worker: int) -> None:
        """`peers_a_worker` 0: a session is always on one worker."""
        self._peers_a_worker = peers_a_worker
        self._peers: dict[PeerId, tuple[GroupId, int]] = {}
        self._load: Counter[int] = Counter()
        self._groups: dict[GroupId, Counter[int]] = {}

    def choose(self, group_id: GroupId, ready: Collection[int]) -> int | None:
        """Choose a worker for another peer of a group; None when none is ready."""
        if not ready:
            return None
        own = [place for place in self.places(group_id) if place in ready]
        if own and not self._peers_a_worker:
            return own[0]
        roomy = [place for place in own if self._load[place] < self._peers_a_worker]
        # those that have the group already are first, so that they win where all are alike
        return min(roomy or [*own, *ready], key=lambda place: self._load[place])

    def enter(self, peer_id: PeerId, group_id: GroupId, place: int) -> None:
        """Note where a peer is."""
        self.leave(peer_id)
        self._peers[peer_id] = group_id, place
        self._load[place] += 1
        self._groups.setdefault(group_id, Counter())[place] += 1

    def leave(self, peer_id: PeerId) -> GroupId | None:
        """Forget a peer; returns its group."""
        group_id, place = self._peers.pop(peer_id, (None, 0))
        if group_id is None:
            return None
        self._load[place] -= 1
        counts = self._groups[group_id]
        counts[place] -= 1
        if not counts[place]:
            del counts[place]
        if not counts:
            del self._groups[group_id]
        return group_id

    def place_of(self, peer_id: PeerId) -> int | None:
        """Say where a peer is."""
        found = self._peers.get(peer_id)
        return None if found is None else found[1]

    def places(self, group_id: GroupId) -> tuple[int, ...]:
        """List the workers that have peers of a group, the one that has had them longest first."""
        return tuple(self._groups.get(group_id, ()))

    def lose(self, place: int) -> dict[PeerId, GroupId]:
        """Forget everybody who was on a worker; returns them with their groups."""
        lost = {peer_id: group_id for peer_id, (group_id, where) in self._peers.items() if where == place}
        for peer_id in lost:
            self.leave(peer_id)
        return lost

    def close(self, group_id: GroupId) -> None:
        """Forget a group whole."""
        for peer_id in [peer for peer, (group, _) in self._peers.items() if group == group_id]:
            self.leave(peer_id)

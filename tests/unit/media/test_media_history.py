"""History: bounded by packets and bytes, exact about what it holds."""

from hypothesis import given
from hypothesis import strategies as st

from webvisio_media.rtp.history import PacketHistory
from webvisio_media.rtp.packet import Packet


def packet(sequence: int, size: int = 10) -> Packet:
    return Packet(sequence, 0, 0, bytes(size), None)


def test_the_newest_packets_are_kept() -> None:
    history = PacketHistory(8, 1000)
    for sequence in range(100, 120):
        history.add(packet(sequence))
    assert [sequence for sequence in range(90, 130) if history.get(sequence)] == list(range(112, 120))
    assert history.size_bytes == 80


def test_bytes_are_bounded_but_the_newest_stays() -> None:
    history = PacketHistory(8, 25)
    for sequence in range(100, 104):
        history.add(packet(sequence))
    assert [sequence for sequence in range(100, 104) if history.get(sequence)] == [102, 103]
    history.add(packet(104, 500))
    assert history.get(104) is not None
    assert history.size_bytes == 500


@given(st.lists(st.tuples(st.integers(-20, 40), st.integers(0, 50)), max_size=200), st.integers(50, 400))
def test_size_is_exact_and_bounded_under_reordering(steps: list[tuple[int, int]], limit: int) -> None:
    history = PacketHistory(16, limit)
    sequence = 1000
    seen: dict[int, Packet] = {}
    for step, size in steps:
        sequence = max(1, sequence + step)
        seen[sequence] = packet(sequence, size)
        history.add(seen[sequence])
    kept = [found for number in seen if (found := history.get(number)) is not None]
    assert history.size_bytes == sum(len(found.payload) for found in kept)
    assert len(kept) <= 16
    assert history.size_bytes <= limit or len([k for k in kept if k.payload]) <= 1
    assert all(found is seen[found.sequence] for found in kept)

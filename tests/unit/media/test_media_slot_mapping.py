"""A slot's numbers: continuous over switches, loss and reordering, and found again for NACKs."""

from hypothesis import given
from hypothesis import strategies as st

from webvisio_media.rtp.mapping import KEPT_EPOCHS, SlotMapping
from webvisio_media.rtp.packet import Packet
from webvisio_media.rtp.vp8 import Descriptor


def packet(sequence: int, timestamp: int = 0, picture_id: int | None = None, tl0: int = 0) -> Packet:
    descriptor = None if picture_id is None else Descriptor(2, True, picture_id, 4, tl0, 0, False)
    return Packet(sequence, timestamp & 0xFFFF_FFFF, 0, b"", descriptor)


epochs = st.lists(
    st.tuples(
        st.integers(1 << 16, 1 << 20),  # the source's first number
        st.integers(0, 1 << 32),  # and timestamp
        st.integers(1, 400),  # packets forwarded
        st.integers(0, 3000),  # ms until the next source begins
    ),
    min_size=1,
    max_size=6,
)


@given(st.integers(0, 0xFFFF), epochs)
def test_output_numbers_never_repeat_or_skip(
    first_number: int, sources: list[tuple[int, int, int, int]]
) -> None:
    mapping: SlotMapping[int] = SlotMapping(90000, first_number, 0)
    sent: list[int] = []
    now = 100.0
    for name, (first, timestamp, count, pause_ms) in enumerate(sources):
        epoch = mapping.begin(name, packet(first, timestamp), now)
        sent += [(first + k + epoch.sequence_offset) & 0xFFFF for k in range(count)]
        now += count / 30
        mapping.end(packet(first + count - 1, timestamp + 3000 * count), now)
        now += pause_ms / 1000
    assert sent == [(first_number + k) & 0xFFFF for k in range(len(sent))]


@given(epochs)
def test_timestamps_go_on_by_the_time_that_passed(sources: list[tuple[int, int, int, int]]) -> None:
    mapping: SlotMapping[int] = SlotMapping(90000, 0, 0)
    now, last, paused_s = 10.0, None, 0.0
    for name, (first, timestamp, count, pause_ms) in enumerate(sources):
        epoch = mapping.begin(name, packet(first, timestamp), now)
        began = (timestamp + epoch.timestamp_offset) & 0xFFFF_FFFF
        if last is not None:
            assert (began - last) & 0xFFFF_FFFF == max(1, round(paused_s * 90000))
        newest = packet(first + count - 1, timestamp + 3000 * count)
        mapping.end(newest, now)
        last = (newest.timestamp + epoch.timestamp_offset) & 0xFFFF_FFFF
        # what the next epoch computes, with the same rounding of the clock
        paused_s = (now + pause_ms / 1000) - now
        now += pause_ms / 1000


@given(st.lists(st.tuples(st.integers(0, 0x7FFF), st.integers(0, 0xFF)), min_size=2, max_size=6))
def test_picture_ids_and_tl0_go_on_by_one(first_numbers: list[tuple[int, int]]) -> None:
    mapping: SlotMapping[int] = SlotMapping(90000, 0, 0)
    previous: tuple[int, int] | None = None
    for name, (picture_id, tl0) in enumerate(first_numbers):
        epoch = mapping.begin(name, packet(70000, 0, picture_id, tl0), 1.0)
        began = ((picture_id + epoch.picture_id_offset) & 0x7FFF, (tl0 + epoch.tl0_offset) & 0xFF)
        if previous is not None:
            assert began == ((previous[0] + 1) & 0x7FFF, (previous[1] + 1) & 0xFF)
        mapping.end(packet(70005, 0, (picture_id + 5) & 0x7FFF, (tl0 + 2) & 0xFF), 2.0)
        previous = ((began[0] + 5) & 0x7FFF, (began[1] + 2) & 0xFF)


@given(st.integers(0, 0xFFFF), epochs)
def test_a_number_that_went_out_is_found_with_its_source(
    first_number: int, sources: list[tuple[int, int, int, int]]
) -> None:
    mapping: SlotMapping[int] = SlotMapping(90000, first_number, 0)
    sent: dict[int, tuple[int, int]] = {}
    highest = 0
    for name, (first, _, count, _) in enumerate(sources):
        if name:
            mapping.end(packet(highest), 1.0)
        epoch = mapping.begin(name, packet(first), 1.0)
        highest = first + count - 1
        for sequence in range(first, highest + 1):
            sent[(sequence + epoch.sequence_offset) & 0xFFFF] = (name, sequence)
    for number, (name, sequence) in sent.items():
        found = mapping.find(number, highest)
        if name >= len(sources) - 1 - KEPT_EPOCHS:
            assert found is not None
            assert (found[0].source, found[1]) == (name, sequence)


def test_a_number_from_before_the_epoch_or_the_future_is_not_found() -> None:
    mapping: SlotMapping[str] = SlotMapping(90000, 1000, 0)
    mapping.begin("a", packet(70000), 0.0)
    assert mapping.find(999, 70010) is None
    assert mapping.find(1011, 70010) is None
    assert mapping.find(1010, 70010) is not None

"""Tells where a key frame begins, per codec, from the payload alone.

VP8: RFC 7741. VP9: RFC 9628. H.264: RFC 6184 (an IDR slice or its parameter
sets). AV1: the RTP specification of the Alliance for Open Media, section 4.4.
A codec that is not known here never has a key frame, so it is never shown.
"""

from webvisio_media.rtp.vp8 import read_descriptor

H264_IDR, H264_SPS, H264_STAP_A, H264_FU_A = 5, 7, 24, 28


def starts_key_frame(codec: str, payload: bytes) -> bool:
    """Tell whether `payload` is the first packet of a key frame of `codec` (VP8, VP9, H264, AV1)."""
    if codec == "VP8":
        descriptor = read_descriptor(payload)
        return descriptor is not None and descriptor.is_key_frame_start
    if codec == "H264":
        return _h264(payload)
    if codec == "VP9":
        return _vp9(payload)
    if codec == "AV1":
        return _av1(payload)
    return False


def _h264(payload: bytes) -> bool:
    if not payload:
        return False
    kind = payload[0] & 31
    if kind in (H264_IDR, H264_SPS):
        return True
    if kind == H264_STAP_A:
        at = 1
        while at + 2 < len(payload):
            size = payload[at] << 8 | payload[at + 1]
            if payload[at + 2] & 31 in (H264_IDR, H264_SPS):
                return True
            at += 2 + size
        return False
    # a fragment: start bit set, of an IDR slice or a parameter set
    return (
        kind == H264_FU_A
        and len(payload) > 1
        and payload[1] & 0x80 != 0
        and payload[1] & 31 in (H264_IDR, H264_SPS)
    )


def _vp9(payload: bytes) -> bool:
    if not payload:
        return False
    first = payload[0]
    is_predicted, has_layers, is_start = first & 0x40, first & 0x20, first & 0x08
    if is_predicted or not is_start:
        return False
    if not has_layers:
        return True
    at = 1
    if first & 0x80:
        if len(payload) < 2:
            return False
        at += 2 if payload[1] & 0x80 else 1
    # spatial layer 0 that does not depend on another layer
    return at < len(payload) and payload[at] & 0x0F == 0


def _av1(payload: bytes) -> bool:
    # N: first packet of a coded video sequence, which begins with a key frame
    return len(payload) > 1 and payload[0] & 0x88 == 0x08

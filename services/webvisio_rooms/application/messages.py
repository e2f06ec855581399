"""What each message of a client does to its room."""

from datetime import datetime

import msgspec

from webvisio_protocol.identifiers import ParticipantId
from webvisio_protocol.refusals import Refusal, RefusalCode
from webvisio_protocol.signalling import (
    Admit,
    ChatSend,
    ClientMessage,
    EndSession,
    Hand,
    Hello,
    IceRestart,
    Layout,
    Leave,
    LineReport,
    MediaOffer,
    MuteParticipant,
    Ping,
    Present,
    React,
    RemoveParticipant,
    RoomSettings,
    SetPermission,
    SetRole,
    SourceSwitch,
)
from webvisio_rooms.application.live_room import LiveRoom
from webvisio_rooms.application.rooms import Rooms
from webvisio_rooms.domain.effects import Effect
from webvisio_rooms.domain.permissions import Action, may
from webvisio_rooms.domain.pictures import PICTURE_SOURCES, Picture, Shown
from webvisio_rooms.domain.session import RoomSession
from webvisio_rooms.engine.port import MediaRefused


async def take(rooms: Rooms, live: LiveRoom, who: ParticipantId, message: ClientMessage) -> Refusal | None:
    """Carry out one message of somebody inside or before the door; returns its refusal."""
    if isinstance(message, Hello | Ping):
        return Refusal(RefusalCode.MESSAGE_UNEXPECTED)
    if isinstance(message, Leave):
        return live.act(lambda session, now: session.leave(who, now))
    if who not in live.session.inside:
        return Refusal(RefusalCode.MESSAGE_UNEXPECTED)
    if isinstance(message, MediaOffer):
        return await _negotiate(live, who, message)
    if isinstance(message, IceRestart):
        return await _restart_ice(live, who, message)
    if isinstance(message, RoomSettings):
        return await _change_room(rooms, live, who, message)
    if isinstance(message, ChatSend) and rooms.is_behind:
        return Refusal(RefusalCode.RATE_LIMITED)
    return live.act(lambda session, now: _command(session, now, who, message))


def _command(
    session: RoomSession, now: datetime, who: ParticipantId, message: ClientMessage
) -> tuple[Effect, ...] | Refusal:
    match message:
        case SourceSwitch(source, is_on):
            return session.switch_source(who, source, is_on, now)
        case Layout(videos):
            wishes = [
                Shown(Picture(video.participant_id, video.source), video.width, video.height)
                for video in videos
                if video.source in PICTURE_SOURCES
            ]
            return session.lay_out(who, wishes, now)
        case LineReport(sends, receives):
            return session.report_line(who, sends, receives, now)
        case ChatSend(client_id, text):
            return session.post(who, client_id, text, now)
        case Hand(is_raised, participant_id):
            return session.hand(who, is_raised, participant_id, now)
        case React(reaction):
            return session.react(who, reaction, now)
        case Admit(participant_id, is_admitted):
            return session.admit(who, participant_id, is_admitted, now)
        case MuteParticipant(participant_id, source):
            return session.mute(who, participant_id, source, now)
        case RemoveParticipant(participant_id):
            return session.remove(who, participant_id, now)
        case SetRole(participant_id, role):
            return session.set_role(who, participant_id, role, now)
        case SetPermission(permission):
            return session.set_permission(who, permission, now)
        case Present(what):
            return session.present(who, what, now)
        case EndSession():
            return session.end(who, now)
        case _:
            return Refusal(RefusalCode.MESSAGE_UNEXPECTED)


async def _negotiate(live: LiveRoom, who: ParticipantId, message: MediaOffer) -> Refusal | None:
    try:
        await live.negotiate(who, message.sdp, message.sources)
    except MediaRefused as refused:
        return media_refusal(refused)
    return None


async def _restart_ice(live: LiveRoom, who: ParticipantId, message: IceRestart) -> Refusal | None:
    try:
        await live.restart_ice(who, message.ufrag)
    except MediaRefused as refused:
        return media_refusal(refused)
    return None


async def _change_room(
    rooms: Rooms, live: LiveRoom, who: ParticipantId, message: RoomSettings
) -> Refusal | None:
    if not may(live.session.inside[who].role, Action.CHANGE_ROOM):
        return Refusal(RefusalCode.ROLE_TOO_WEAK)
    unset = msgspec.UnsetType
    await rooms.change_room(
        live.room_id,
        admission=None if isinstance(message.admission, unset) else message.admission,
        welcome=None if isinstance(message.welcome, unset) else message.welcome,
        guest_password=message.guest_password,
    )
    return None


def media_refusal(refused: MediaRefused) -> Refusal:
    """Turn the engine's refusal into one that can be worded."""
    return Refusal(refused.code, details={"detail": refused.detail} if refused.detail else {})

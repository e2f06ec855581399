"""What is said in a session: the last `CHAT_HISTORY` lines, numbered without a gap from 1."""

from collections import deque
from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import datetime

from webvisio_protocol.signalling import CHAT_HISTORY, ChatPosted, ChatView
from webvisio_rooms.domain.effects import ChatKept, Effect, ToInside, ToOne
from webvisio_rooms.domain.people import Participant


@dataclass(slots=True)
class Chat:
    """See the module."""

    lines: deque[ChatView] = field(default_factory=lambda: deque(maxlen=CHAT_HISTORY))
    _last_message_id: int = 0

    def post(self, author: Participant, client_id: str, text: str, now: datetime) -> tuple[Effect, ...]:
        """Say something to everybody inside; what was posted already is told to its author alone."""
        author_id = author.participant_id
        for line in self.lines:
            if line.author_id == author_id and line.client_id == client_id:
                return (ToOne(author_id, ChatPosted(line)),)
        self._last_message_id += 1
        line = ChatView(self._last_message_id, client_id, author_id, author.identity.name, text, now)
        self.lines.append(line)
        return ToInside(ChatPosted(line)), ChatKept(line)

    def restore(self, lines: Iterable[ChatView]) -> None:
        """Take up what was said before a restart."""
        self.lines.extend(lines)
        self._last_message_id = max((line.message_id for line in self.lines), default=0)

    def clear(self) -> None:
        """Forget everything: the session is over."""
        self.lines.clear()
        self._last_message_id = 0

/** The status bar's item: room, people, own microphone, connection; a click brings the room back. */
import { GroupItem, TextItem } from '@jupyterlab/statusbar';
import { LabIcon } from '@jupyterlab/ui-components';

import { microphoneIcon, microphoneOffIcon, roomIcon } from './icons';
import { isInRoom, presenceInWords } from './summary';
import { type RoomWatch, useStore } from './watching';
import type { LabWords } from './words';

export interface StatusItemProps {
  watch: RoomWatch;
  words: LabWords;
  onClick: () => void;
}

export function StatusItem({ watch, words, onClick }: StatusItemProps) {
  const watched = useStore(watch.store);
  if (!watched) {
    return null;
  }
  const { summary, room } = watched;
  const name = room.mine.room.name;
  const presence = summary.refusal ?? presenceInWords(summary.presence, words);
  const isInside = isInRoom(summary.presence) && summary.presence !== 'waiting';
  const microphone = summary.isMicrophoneOn ? words.microphoneOn : words.microphoneOff;
  const people = words.people(summary.people);
  const full = isInside ? [name, people, microphone, presence] : [name, presence];
  return (
    <button
      type="button"
      className="webvisio-lab-status jp-StatusBar-HighlightHover"
      data-presence={summary.presence}
      title={`${words.backToRoom} – ${full.join(', ')}`}
      aria-label={`${words.backToRoom}: ${full.join(', ')}`}
      onClick={onClick}
    >
      <GroupItem spacing={6}>
        <LabIcon.resolveReact icon={roomIcon} tag="span" className="webvisio-lab-status-icon" />
        <TextItem source={name} className="webvisio-lab-status-name" />
        {isInside && <TextItem source={people} />}
        {isInside && (
          <LabIcon.resolveReact
            icon={summary.isMicrophoneOn ? microphoneIcon : microphoneOffIcon}
            tag="span"
            className="webvisio-lab-status-icon"
          />
        )}
        <TextItem source={presence} />
      </GroupItem>
    </button>
  );
}

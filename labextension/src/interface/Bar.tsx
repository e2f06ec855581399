/** The bottom bar: microphone, camera, share, hand, reactions, chat, people, more, leave; in this order. */
import type { ReactNode, Ref } from 'react';

import { mayUse, moderates, myself } from '../client';
import type { RoomSnapshot } from '../client/state';
import type { Feature } from '../protocol/messages';

import { useClient, useRoom, useStore } from './context';
import { Menu, type MenuGroup } from './controls';
import { Icon, type IconName } from './icons';
import { REACTION_ICONS, REACTIONS } from './reactions';

export type Panel = 'chat' | 'people' | 'materials' | 'settings' | 'rights' | null;

interface BarButtonProps {
  icon: IconName;
  word: string;
  /** What pressing does, for the tooltip. */
  action: string;
  shortcut?: string;
  state?: 'on' | 'off' | 'active' | 'plain' | 'danger';
  badge?: number;
  isPressed?: boolean;
  isDisabled?: boolean;
  isForWide?: boolean;
  testId: string;
  act?: () => void;
  buttonRef?: Ref<HTMLButtonElement>;
  name?: string;
  menu?: { 'aria-haspopup': 'menu'; 'aria-expanded': boolean };
}

/** A tall button: icon above its word; on narrow bars the word is only read aloud. */
function BarButton({
  icon,
  word,
  action,
  shortcut,
  state = 'plain',
  badge = 0,
  isPressed,
  isDisabled = false,
  isForWide = false,
  testId,
  act,
  buttonRef,
  name,
  menu,
}: BarButtonProps) {
  const { words } = useRoom();
  const hint = shortcut === undefined ? action : `${action} (${words('bar.key', { key: shortcut })})`;
  return (
    <button
      type="button"
      ref={buttonRef}
      className={`wv-bar-button wv-bar-${state} ${isForWide ? 'wv-only-wide' : ''}`}
      title={hint}
      aria-label={name}
      aria-pressed={isPressed}
      aria-keyshortcuts={shortcut}
      disabled={isDisabled}
      data-testid={testId}
      onClick={act}
      {...menu}
    >
      <span className="wv-bar-icon">
        <Icon name={icon} />
        {badge > 0 && (
          // Drawn by the style: the button's name already says the number in words.
          <span className="wv-badge" data-count={badge > 99 ? '99+' : badge} />
        )}
      </span>
      <span className="wv-bar-word">{word}</span>
    </button>
  );
}

export interface BarActions {
  toggleMicrophone: () => void;
  toggleCamera: () => void;
  toggleShare: () => void;
  toggleHand: () => void;
  togglePanel: (panel: 'chat' | 'people' | 'materials') => void;
  leave: () => void;
}

interface BarProps {
  actions: BarActions;
  panel: Panel;
  more: ReadonlyArray<MenuGroup>;
}

export function Bar({ actions, panel, more }: BarProps) {
  const { words } = useRoom();
  const client = useClient();
  const state = useStore(client.store);
  const hands = state.participants.filter(one => one.handRaisedAt !== null).length;
  const atTheDoor = moderates(state) ? state.waiting.length : 0;
  const isUp = myself(state)?.handRaisedAt != null;
  return (
    <div className="wv-bar" role="group" aria-label={words('room.toolbar')}>
      <OwnControls state={state} actions={actions} />
      <BarButton
        icon="hand"
        word={words('bar.hand')}
        action={words(isUp ? 'bar.hand.lower' : 'bar.hand.raise')}
        shortcut="H"
        state={isUp ? 'active' : 'plain'}
        isPressed={isUp}
        isDisabled={state.line.kind === 'down'}
        testId="hand"
        act={actions.toggleHand}
      />
      <ReactionsMenu />
      <BarButton
        icon="chat"
        word={words('bar.chat')}
        name={
          state.unreadChat > 0 ? words('bar.chat.unread', { count: state.unreadChat }) : words('bar.chat')
        }
        action={words('bar.chat')}
        shortcut="C"
        state={panel === 'chat' ? 'active' : 'plain'}
        badge={state.unreadChat}
        isPressed={panel === 'chat'}
        testId="chat-toggle"
        act={() => {
          actions.togglePanel('chat');
        }}
      />
      <BarButton
        icon="people"
        word={words('bar.people')}
        name={atTheDoor > 0 ? words('bar.people.door', { count: atTheDoor }) : words('bar.people')}
        action={words('bar.people')}
        shortcut="P"
        state={panel === 'people' ? 'active' : 'plain'}
        badge={atTheDoor + hands}
        isPressed={panel === 'people'}
        testId="people-toggle"
        act={() => {
          actions.togglePanel('people');
        }}
      />
      <BarButton
        icon="notebook"
        word={words('bar.materials')}
        action={words('bar.materials')}
        shortcut="D"
        state={panel === 'materials' ? 'active' : 'plain'}
        isPressed={panel === 'materials'}
        isForWide
        testId="materials-toggle"
        act={() => {
          actions.togglePanel('materials');
        }}
      />
      <Menu
        label={words('bar.more')}
        groups={more}
        side="above"
        align="end"
        renderTrigger={({ ref, onClick, ...menu }) => (
          <BarButton
            icon="more"
            word={words('bar.more')}
            action={words('bar.more')}
            testId="more"
            act={onClick}
            buttonRef={ref}
            menu={menu}
          />
        )}
      />
      <BarButton
        icon="leave"
        word={words('bar.leave')}
        action={words('bar.leave')}
        state="danger"
        testId="leave"
        act={actions.leave}
      />
    </div>
  );
}

/** Microphone, camera and screen: what one sends oneself. */
export function OwnControls({
  state,
  actions,
  children,
}: {
  state: RoomSnapshot;
  actions: Pick<BarActions, 'toggleMicrophone' | 'toggleCamera' | 'toggleShare'>;
  children?: ReactNode;
}) {
  const { words } = useRoom();
  const isObserver = myself(state)?.role === 'observer';
  const { own } = state;
  /** Why a source cannot be switched on: the role, or what a moderator withholds; null where it can. */
  const hindrance = (source: 'microphone' | 'camera' | 'screen', feature: Feature) =>
    isObserver
      ? words('bar.observer')
      : !own[source] && !mayUse(state, feature)
        ? words('bar.withheld')
        : null;
  const microphone = hindrance('microphone', 'publish_audio');
  const camera = hindrance('camera', 'publish_video');
  const screen = hindrance('screen', 'share_screen');
  const canShare =
    typeof (navigator.mediaDevices as MediaDevices | undefined)?.getDisplayMedia === 'function';
  return (
    <>
      <BarButton
        icon={own.microphone ? 'microphone' : 'microphoneOff'}
        word={words('device.microphone')}
        action={microphone ?? words(own.microphone ? 'bar.microphone.mute' : 'bar.microphone.unmute')}
        shortcut="M"
        state={own.microphone ? 'on' : 'off'}
        isPressed={own.microphone}
        isDisabled={microphone !== null}
        testId="mic"
        act={actions.toggleMicrophone}
      />
      <BarButton
        icon={own.camera ? 'camera' : 'cameraOff'}
        word={words('device.camera')}
        action={camera ?? words(own.camera ? 'bar.camera.stop' : 'bar.camera.start')}
        shortcut="V"
        state={own.camera ? 'on' : 'off'}
        isPressed={own.camera}
        isDisabled={camera !== null}
        testId="camera"
        act={actions.toggleCamera}
      />
      {canShare && (
        <BarButton
          icon={own.screen ? 'screenStop' : 'screen'}
          word={words('bar.share')}
          action={screen ?? words(own.screen ? 'bar.share.stop' : 'bar.share.start')}
          shortcut="S"
          state={own.screen ? 'active' : 'plain'}
          isPressed={own.screen}
          isDisabled={screen !== null}
          isForWide
          testId="share"
          act={actions.toggleShare}
        />
      )}
      {children}
    </>
  );
}

function ReactionsMenu() {
  const { words } = useRoom();
  const client = useClient();
  const { line } = useStore(client.store);
  return (
    <Menu
      className="wv-only-wide wv-reactions"
      label={words('bar.reactions')}
      side="above"
      align="middle"
      groups={[
        {
          key: 'reactions',
          items: REACTIONS.map(reaction => ({
            key: reaction,
            label: words(`reaction.${reaction}`),
            icon: REACTION_ICONS[reaction],
            testId: `reaction-${reaction}`,
            act: () => {
              client.react(reaction);
            },
          })),
        },
      ]}
      renderTrigger={({ ref, onClick, ...menu }) => (
        <BarButton
          icon="reaction"
          word={words('bar.reactions')}
          action={words('bar.reactions')}
          isDisabled={line.kind === 'down'}
          testId="reactions"
          act={onClick}
          buttonRef={ref}
          menu={menu}
        />
      )}
    />
  );
}

/** The room itself: header, stage, side panel, bar. Loaded while the link page is being looked at. */
import { useCallback, useEffect, useMemo, useRef, useState } from 'react';

import { THRIFTS, moderates, type RoomClient } from '../client';

import { timeOfDay } from '../words/time';

import { screensOf, type LayoutName, type Picture } from './arrangement';
import { Banners } from './Banners';
import { Bar, type Panel } from './Bar';
import { ChatPanel } from './ChatPanel';
import { useRoom, useSnapshot, useStore } from './context';
import { Button, Dialog, type MenuGroup } from './controls';
import { DeviceFields, DeviceProblems } from './DeviceFields';
import { ExerciseBanner } from './exercises/ExerciseBanner';
import { useDocuments } from './documents';
import { useRemembered } from './hooks';
import { usePasteGuard } from './pasting';
import { Icon, Mark } from './icons';
import { Invitation } from './Invitation';
import { KeysDialog } from './KeysDialog';
import { Notices } from './Notices';
import { part } from './part';
import { PeoplePanel } from './PeoplePanel';
import { keyOf, present, sameSubject, subjectOf, type Subject } from './presented/registry';
import { REACTION_ICONS, REACTIONS } from './reactions';
import { RightsPanel } from './RightsPanel';
import { SettingsPanel } from './SettingsPanel';
import { LanguageSwitch } from './Shell';
import { SoundFields } from './SoundFields';
import { StageArea } from './StageArea';
import { useOwnActions } from './useOwnActions';
import { useShortcuts } from './useShortcuts';

const MaterialsPanel = part(() => import('./MaterialsPanel'));
const PresentedStage = part(() => import('./presented/PresentedStage'));

const LAYOUTS: ReadonlyArray<LayoutName> = ['stage', 'gallery', 'side'];

export default function Room({ client }: { client: RoomClient }) {
  const { words, place, options } = useRoom();
  const state = useStore(client.store);
  const root = useRef<HTMLDivElement>(null);
  const [panel, setPanel] = useState<Panel>(null);
  const [dialog, setDialog] = useState<'invite' | 'devices' | 'keys' | 'end' | null>(null);
  const [pinned, setPinned] = useState<Picture | null>(null);
  const [layout, setLayout] = useLayout(screensOf({ ...state, pinned: null }).length > 0);
  const own = useOwnActions(client);
  const togglePanel = useCallback((which: 'chat' | 'people' | 'materials') => {
    setPanel(open => (open === which ? null : which));
  }, []);
  const openChat = useCallback(() => {
    setPanel('chat');
  }, []);
  const openPeople = useCallback(() => {
    setPanel('people');
  }, []);
  const openSettings = useCallback(() => {
    setDialog(null);
    setPanel('settings');
  }, []);
  const pin = useCallback(
    (picture: Picture | null) => {
      setPinned(picture);
      if (picture && layout === 'gallery') {
        setLayout('stage');
      }
    },
    [layout, setLayout],
  );
  const actions = useMemo(() => ({ ...own, togglePanel }), [own, togglePanel]);
  const keys = useMemo(
    () => ({
      m: own.toggleMicrophone,
      v: own.toggleCamera,
      s: own.toggleShare,
      h: own.toggleHand,
      c: () => {
        togglePanel('chat');
      },
      p: () => {
        togglePanel('people');
      },
      d: () => {
        togglePanel('materials');
      },
      '?': () => {
        setDialog('keys');
      },
    }),
    [own, togglePanel],
  );
  useShortcuts(root, place, keys);
  useEffect(() => {
    root.current?.focus();
  }, []);

  const documents = useDocuments();
  const [looks, setLooks] = useState<ReadonlyArray<Subject>>([]);
  const presented = subjectOf(state.presented, documents.list?.documents ?? []);
  const presentedKey = presented ? keyOf(presented) : '';
  useEffect(() => {
    // The trainer shows something new: everybody looks at it. One's own look is one click away.
    setLooks([]);
  }, [presentedKey]);
  const look = useCallback((next: Subject) => {
    setLooks(before => [...before.filter(one => !sameSubject(one, next)), next]);
  }, []);
  /** Back to what was looked at before, in the end to what the trainer shows. */
  const endLook = useCallback(() => {
    setLooks(before => before.slice(0, -1));
  }, []);
  const subject = present(looks.at(-1) ?? null, documents.list?.documents ?? []) ?? presented;
  const isOnStage = sameSubject(subject, presented);

  const closePanel = () => {
    setPanel(null);
    const find = (name: string) => root.current?.querySelector<HTMLElement>(`[data-testid="${name}"]`);
    const toggle = find(`${panel ?? ''}-toggle`);
    // What has no button in the bar, or none on a narrow screen, was opened from the menu.
    (toggle && toggle.offsetParent !== null ? toggle : find('more'))?.focus();
  };
  const more = useMore({ client, setPanel, setDialog, layout, setLayout, share: own.toggleShare });
  usePasteGuard(root, client);
  const isAlone = state.participants.length <= 1;
  const isLost = state.line.kind === 'down';
  return (
    <div
      ref={root}
      className={`wv-room ${isLost ? 'wv-room-lost' : ''}`}
      role={place === 'page' ? 'main' : 'region'}
      aria-label={words('room.region', { room: state.room?.name ?? '' })}
      tabIndex={-1}
      data-testid="room"
      data-line={state.line.kind}
    >
      <RoomHead layout={layout} setLayout={setLayout} />
      <div className="wv-banners">
        <Banners />
        <ExerciseBanner
          documents={documents.list?.documents ?? []}
          lookedAt={subject && 'document' in subject ? subject.document.documentId : null}
          open={document => {
            if (options.openDocument) {
              options.openDocument(client.roomId, document.documentId);
            } else {
              look({ kind: 'notebook', document });
            }
          }}
        />
      </div>
      <div className={`wv-main ${panel ? 'wv-main-with-panel' : ''}`}>
        <div className={`wv-center ${subject ? 'wv-center-presented' : ''}`}>
          {subject && (
            <PresentedStage
              subject={subject}
              isPresented={isOnStage}
              back={
                presented && !isOnStage
                  ? () => {
                      setLooks([]);
                    }
                  : null
              }
              look={look}
              close={isOnStage ? null : endLook}
            />
          )}
          <StageArea layout={subject ? 'gallery' : layout} pinned={pinned} pin={pin} />
          {isAlone && !subject && (
            <section className="wv-alone" data-testid="empty-room">
              <h2>{words('room.alone')}</h2>
              <p>{words('room.alone.explain')}</p>
              <Invitation openSettings={openSettings} />
              <p className="wv-field-hint">{words('room.alone.others')}</p>
            </section>
          )}
        </div>
        {panel === 'chat' && <ChatPanel close={closePanel} />}
        {panel === 'people' && (
          <PeoplePanel
            close={closePanel}
            pinned={pinned}
            pin={pin}
            invite={() => {
              setDialog('invite');
            }}
          />
        )}
        {panel === 'materials' && <MaterialsPanel close={closePanel} documents={documents} look={look} />}
        {panel === 'settings' && <SettingsPanel close={closePanel} />}
        {panel === 'rights' && <RightsPanel close={closePanel} />}
      </div>
      <Bar actions={actions} panel={panel} more={more} />
      <Notices isChatOpen={panel === 'chat'} openChat={openChat} openPeople={openPeople} />
      {dialog === 'invite' && (
        <Dialog
          title={words('invite.title')}
          close={() => {
            setDialog(null);
          }}
        >
          <Invitation openSettings={openSettings} />
        </Dialog>
      )}
      {dialog === 'devices' && (
        <Dialog
          title={words('device.settings')}
          close={() => {
            setDialog(null);
          }}
        >
          <DeviceProblems />
          <DeviceFields />
          <SoundFields />
        </Dialog>
      )}
      {dialog === 'keys' && (
        <KeysDialog
          close={() => {
            setDialog(null);
          }}
        />
      )}
      {dialog === 'end' && (
        <Dialog
          title={words('more.end')}
          close={() => {
            setDialog(null);
          }}
        >
          <p>{words('more.end.explain')}</p>
          <div className="wv-dialog-actions">
            <Button
              onClick={() => {
                setDialog(null);
              }}
            >
              {words('common.cancel')}
            </Button>
            <Button
              look="danger"
              data-testid="end-confirm"
              onClick={() => {
                client.endSession();
                setDialog(null);
              }}
            >
              {words('more.end.confirm')}
            </Button>
          </div>
        </Dialog>
      )}
    </div>
  );
}

function RoomHead({ layout, setLayout }: { layout: LayoutName; setLayout: (layout: LayoutName) => void }) {
  const { words, locale, place } = useRoom();
  const { room, participants } = useSnapshot();
  const time = timeOfDay(locale, navigator.language);
  return (
    <div className="wv-head">
      {place === 'page' && <Mark />}
      <div className="wv-head-names">
        <h1>{room?.name}</h1>
        <p>
          {words('room.people', { count: participants.length })}
          {room?.openedAt != null && (
            <span> · {words('room.since', { time: time.format(new Date(room.openedAt)) })}</span>
          )}
        </p>
      </div>
      <div className="wv-layouts wv-only-wide" role="group" aria-label={words('layout.choose')}>
        {LAYOUTS.map(one => (
          <button
            key={one}
            type="button"
            aria-pressed={layout === one}
            aria-label={words(`layout.${one}`)}
            title={words(`layout.${one}`)}
            data-testid={`layout-${one}`}
            onClick={() => {
              setLayout(one);
            }}
          >
            <Icon name={one} />
          </button>
        ))}
      </div>
      {place === 'page' && <LanguageSwitch />}
    </div>
  );
}

/** A layout is remembered twice: with a screen to look at people choose another one than without. */
function useLayout(hasScreen: boolean): [LayoutName, (layout: LayoutName) => void] {
  const [withScreen, setWithScreen] = useRemembered<LayoutName>('webvisio.layout.screen', 'stage', LAYOUTS);
  const [without, setWithout] = useRemembered<LayoutName>('webvisio.layout.people', 'gallery', LAYOUTS);
  return hasScreen ? [withScreen, setWithScreen] : [without, setWithout];
}

interface MoreSetup {
  client: RoomClient;
  setPanel: (panel: Panel) => void;
  setDialog: (dialog: 'invite' | 'devices' | 'keys' | 'end') => void;
  layout: LayoutName;
  setLayout: (layout: LayoutName) => void;
  share: () => void;
}

function useMore({
  client,
  setPanel,
  setDialog,
  layout,
  setLayout,
  share,
}: MoreSetup): ReadonlyArray<MenuGroup> {
  const { words, session, options } = useRoom();
  const state = useStore(client.store);
  const thrift = useStore(client.thrift);
  const isModerator = moderates(state);
  const canShare =
    typeof (navigator.mediaDevices as MediaDevices | undefined)?.getDisplayMedia === 'function';
  return [
    {
      key: 'room',
      items: [
        {
          key: 'invite',
          label: words('more.invite'),
          icon: 'invite',
          testId: 'more-invite',
          act: () => {
            setDialog('invite');
          },
        },
        {
          key: 'materials',
          label: words('bar.materials'),
          icon: 'notebook',
          isForNarrow: true,
          testId: 'more-materials',
          act: () => {
            setPanel('materials');
          },
        },
        {
          key: 'devices',
          label: words('more.devices'),
          icon: 'sliders',
          testId: 'more-devices',
          act: () => {
            setDialog('devices');
          },
        },
        {
          key: 'rights',
          label: words(isModerator ? 'rights.title' : 'rights.mine'),
          icon: 'lock',
          testId: 'more-rights',
          act: () => {
            setPanel('rights');
          },
        },
        {
          key: 'keys',
          label: words('keys.title'),
          icon: 'keyboard',
          testId: 'more-keys',
          act: () => {
            setDialog('keys');
          },
        },
        ...(canShare
          ? [
              {
                key: 'share',
                label: words(state.own.screen ? 'bar.share.stop' : 'bar.share.start'),
                icon: 'screen' as const,
                isForNarrow: true,
                act: share,
              },
            ]
          : []),
        ...(options.labUrl
          ? [
              {
                key: 'lab',
                label: words('more.lab'),
                icon: 'notebook' as const,
                href: options.labUrl,
                testId: 'open-lab',
              },
            ]
          : []),
      ],
    },
    {
      key: 'layout',
      label: words('layout.choose'),
      isForNarrow: true,
      items: LAYOUTS.map(one => ({
        key: one,
        label: words(`layout.${one}`),
        icon: one,
        isChosen: one === layout,
        act: () => {
          setLayout(one);
        },
      })),
    },
    {
      key: 'thrift',
      label: words('thrift.title'),
      items: THRIFTS.map(one => ({
        key: one,
        label: words(`thrift.${one}`),
        isChosen: one === thrift,
        testId: `thrift-${one}`,
        act: () => {
          client.setThrift(one);
        },
      })),
    },
    {
      key: 'reactions',
      label: words('bar.reactions'),
      isForNarrow: true,
      items: REACTIONS.map(reaction => ({
        key: reaction,
        label: words(`reaction.${reaction}`),
        icon: REACTION_ICONS[reaction],
        act: () => {
          client.react(reaction);
        },
      })),
    },
    {
      key: 'moderator',
      items: isModerator
        ? [
            {
              key: 'settings',
              label: words('more.settings'),
              icon: 'door',
              testId: 'settings',
              act: () => {
                setPanel('settings');
              },
            },
            {
              key: 'attendance',
              label: words('more.attendance'),
              icon: 'sheet',
              href: session.api.attendanceUrl(client.roomId),
              testId: 'attendance',
            },
            {
              key: 'end',
              label: words('more.end'),
              icon: 'stop',
              isDanger: true,
              testId: 'end-session',
              act: () => {
                setDialog('end');
              },
            },
          ]
        : [],
    },
  ];
}

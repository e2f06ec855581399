/** The files of the room, in the Materials panel: folders, uploads with progress, what one may do with each. */
import { useEffect, useMemo, useRef, useState, type DragEvent } from 'react';

import { moderates, myself } from '../../client';
import { discard, leftUploads, type LeftUpload } from '../../files/leftUploads';
import { listingOf, shownAs, sizeOf, trail } from '../../files/listing';
import { Uploads, type UploadTarget } from '../../files/uploads';
import { islandWords } from '../../islands/words';
import type { FileView } from '../../protocol/messages';
import { typeset } from '../../words';
import { useClient, useRoom, useSnapshot, useStore } from '../context';
import { IconButton, Menu, type MenuItem } from '../controls';
import { Icon } from '../icons';
import { presentedOf, type Subject } from '../presented/registry';

import { FileDialog, type FileQuestion } from './FileDialog';
import { LeftRow, UploadRow } from './UploadRow';
import { useFiles, type RoomFiles } from './useFiles';

const FOR_EVERYBODY: Pick<UploadTarget, 'rule' | 'recipient'> = { rule: 'everybody', recipient: null };
const NOTHING: never[] = [];

export default function FilesSection({ look }: { look: (subject: Subject) => void }) {
  const { locale } = useRoom();
  const words = islandWords(locale);
  const files = useFiles();
  const { list, failure, api, read } = files;
  const state = useSnapshot();
  const leads = moderates(state);
  const uploads = useMemo(() => new Uploads(api, read), [api, read]);
  const coming = useStore(uploads.store);
  const [left, setLeft] = useState(() => leftUploads(localStorage, api.uploadsUrl));
  const [folder, setFolder] = useState('');
  const [isOver, setOver] = useState(false);
  const [question, setQuestion] = useState<FileQuestion | null>(null);
  const input = useRef<HTMLInputElement>(null);
  const target = useRef<Partial<UploadTarget>>(FOR_EVERYBODY);

  useEffect(() => {
    if (list && folder !== '' && !list.folders.includes(folder)) {
      setFolder('');
    }
  }, [list, folder]);

  if (!list) {
    return failure ? <Failure failure={failure} /> : null;
  }
  const listing = listingOf(list, folder, locale);
  const unfinished = list.mayUpload ? left : NOTHING;
  const isEmpty =
    listing.files.length === 0 &&
    listing.folders.length === 0 &&
    coming.length === 0 &&
    unfinished.length === 0;
  if (list.files.length === 0 && !list.mayUpload && coming.length === 0) {
    return null;
  }
  const choose = (wanted: Partial<UploadTarget>) => {
    target.current = wanted;
    input.current?.click();
  };
  const drop = (event: DragEvent) => {
    setOver(false);
    if (list.mayUpload && event.dataTransfer.files.length > 0) {
      event.preventDefault();
      uploads.add(event.dataTransfer.files, { folder, ...FOR_EVERYBODY });
    }
  };
  const others = state.participants.filter(one => one.participantId !== state.me);
  const isPlace = list.mayUpload && myself(state) !== null;
  return (
    // Dropping is a shortcut; the button beside the title does the same.
    <section
      className={`wv-materials-section wv-files ${isOver ? 'wv-files-over' : ''}`}
      data-testid="files"
      aria-label={words('files')}
      onDragOver={event => {
        if (isPlace && event.dataTransfer.types.includes('Files')) {
          event.preventDefault();
          setOver(true);
        }
      }}
      onDragLeave={event => {
        if (!(event.relatedTarget instanceof Node) || !event.currentTarget.contains(event.relatedTarget)) {
          setOver(false);
        }
      }}
      onDrop={drop}
    >
      <header>
        <Icon name="sheet" />
        <h3>{words('files')}</h3>
        {list.mayUpload && (
          <>
            <input
              ref={input}
              type="file"
              multiple
              hidden
              data-testid="file-input"
              onChange={event => {
                const chosen = [...(event.target.files ?? [])];
                uploads.add(chosen, { folder, ...FOR_EVERYBODY, ...target.current });
                setLeft(left.filter(one => !chosen.some(file => isSame(one, file))));
                target.current = FOR_EVERYBODY; // what is sent to one person is asked for each time
                event.target.value = '';
              }}
            />
            <Menu
              label={words('files.add')}
              align="end"
              groups={[
                {
                  key: 'add',
                  items: [
                    {
                      key: 'all',
                      label: words('files.upload'),
                      icon: 'add',
                      testId: 'file-upload',
                      act: () => {
                        choose(FOR_EVERYBODY);
                      },
                    },
                    ...(leads
                      ? [
                          {
                            key: 'trainers',
                            label: words('files.upload.trainers'),
                            icon: 'eyeOff' as const,
                            testId: 'file-upload-trainers',
                            act: () => {
                              choose({ rule: 'moderators', recipient: null });
                            },
                          },
                          {
                            key: 'folder',
                            label: words('files.folder.new'),
                            icon: 'notebook' as const,
                            testId: 'folder-new',
                            act: () => {
                              setQuestion({ kind: 'folder', folder });
                            },
                          },
                        ]
                      : []),
                  ],
                },
                {
                  key: 'one',
                  label: words('files.send'),
                  items: others.map(one => ({
                    key: one.participantId,
                    label: one.name,
                    icon: 'people' as const,
                    testId: 'file-send-to',
                    act: () => {
                      choose({ rule: 'person', recipient: one.participantId });
                    },
                  })),
                },
              ]}
              renderTrigger={({ ref, onClick, ...menu }) => (
                <button
                  type="button"
                  ref={ref}
                  className="wv-icon-button"
                  aria-label={words('files.add')}
                  title={words('files.add')}
                  data-testid="file-add"
                  onClick={onClick}
                  {...menu}
                >
                  <Icon name="add" />
                </button>
              )}
            />
          </>
        )}
      </header>
      {failure && <Failure failure={failure} />}
      {folder !== '' && (
        <nav className="wv-files-trail" aria-label={words('files.trail')}>
          {trail(folder).map(one => (
            <button
              key={one.path}
              type="button"
              aria-current={one.path === folder ? 'page' : undefined}
              onClick={() => {
                setFolder(one.path);
              }}
            >
              {one.name === '' ? words('files') : one.name}
            </button>
          ))}
        </nav>
      )}
      {isEmpty && (
        <p className="wv-field-hint">{words(list.mayUpload ? 'files.empty.mine' : 'files.empty')}</p>
      )}
      <ul>
        {listing.folders.map(one => (
          <li key={one.path} className="wv-material" data-testid="folder">
            <button
              type="button"
              className="wv-material-open"
              onClick={() => {
                setFolder(one.path);
              }}
            >
              <span className="wv-material-name">{one.name}</span>
              <span className="wv-material-note">{words('files.folder')}</span>
            </button>
            {leads && (
              <IconButton
                icon="close"
                label={words('files.folder.remove', { name: one.name })}
                data-testid="folder-remove"
                onClick={() => void files.act(api.removeFolder(one.path))}
              />
            )}
          </li>
        ))}
        {listing.files.map(file => (
          <FileRow key={file.fileId} file={file} files={files} look={look} ask={setQuestion} leads={leads} />
        ))}
        {coming.map(one => (
          <UploadRow key={one.id} upload={one} uploads={uploads} />
        ))}
        {unfinished.map(one => (
          <LeftRow
            key={one.key}
            upload={one}
            choose={() => {
              choose({ folder: one.folder, rule: one.rule, recipient: one.recipient });
            }}
            discard={() => {
              setLeft(left.filter(other => other !== one));
              void discard(api, localStorage, one);
            }}
          />
        ))}
      </ul>
      {list.mayUpload && (
        <p className="wv-field-hint wv-files-quota">
          {words('files.quota', {
            used: sizeOf(list.usedBytes, locale),
            quota: sizeOf(list.quotaBytes, locale),
          })}
        </p>
      )}
      {question && (
        <div
          role="presentation"
          onKeyDown={event => {
            // Escape closes the dialog, not the panel behind it.
            event.stopPropagation();
          }}
        >
          <FileDialog
            question={question}
            files={files}
            close={() => {
              setQuestion(null);
            }}
          />
        </div>
      )}
    </section>
  );
}

function isSame(left: LeftUpload, file: File): boolean {
  return left.name === file.name && left.sizeBytes === file.size;
}

function Failure({ failure }: { failure: NonNullable<RoomFiles['failure']> }) {
  const { locale } = useRoom();
  const words = islandWords(locale);
  return (
    <p className="wv-field-problem" role="alert" data-testid="files-problem">
      {failure.kind === 'refused'
        ? `${typeset(locale, failure.refusal.title)}. ${typeset(locale, failure.refusal.message)}`
        : words('files.unreachable')}
    </p>
  );
}

interface FileRowProps {
  file: FileView;
  files: RoomFiles;
  look: (subject: Subject) => void;
  ask: (question: FileQuestion) => void;
  leads: boolean;
}

function FileRow({ file, files, look, ask, leads }: FileRowProps) {
  const { locale } = useRoom();
  const words = islandWords(locale);
  const client = useClient();
  const { presented } = useSnapshot();
  const { api, act } = files;
  const isPresented = presented?.target === file.fileId;
  const isShown = shownAs(file) !== null;
  const subject: Subject = { kind: 'file', fileId: file.fileId, page: null };
  const url = api.contentUrl(file.fileId);
  const rules = leads && file.rule !== 'person' ? (['everybody', 'moderators'] as const) : [];
  const items: MenuItem[] = [
    { key: 'download', label: words('files.download'), icon: 'down', href: url, testId: 'file-download' },
    ...(leads && isShown && file.rule === 'everybody'
      ? [
          {
            key: 'present',
            label: words(isPresented ? 'files.present.stop' : 'files.present'),
            icon: 'stage' as const,
            testId: 'file-present',
            act: () => {
              client.present(isPresented ? null : presentedOf({ ...subject, page: 1 }));
            },
          },
        ]
      : []),
    ...(file.version > 1
      ? [
          {
            key: 'versions',
            label: words('files.versions'),
            icon: 'clock' as const,
            testId: 'file-versions',
            act: () => {
              ask({ kind: 'versions', file });
            },
          },
        ]
      : []),
    ...(file.mayManage
      ? [
          ...rules.map(rule => ({
            key: rule,
            label: words(`files.rule.${rule}`),
            isChosen: file.rule === rule,
            testId: `file-rule-${rule}`,
            act: () => void act(api.change(file.fileId, { rule })),
          })),
          {
            key: 'change',
            label: words('files.change'),
            icon: 'sliders' as const,
            testId: 'file-change',
            act: () => {
              ask({ kind: 'change', file });
            },
          },
          {
            key: 'remove',
            label: words('files.remove'),
            icon: 'close' as const,
            isDanger: true,
            testId: 'file-remove',
            act: () => {
              ask({ kind: 'remove', file });
            },
          },
        ]
      : []),
  ];
  const note = [
    sizeOf(file.sizeBytes, locale),
    file.ownerName,
    ...(file.rule === 'moderators' ? [words('files.rule.moderators')] : []),
    ...(file.rule === 'person'
      ? [words(file.isMine ? 'files.to' : 'files.for_you', { name: file.recipientName ?? '' })]
      : []),
  ].join(' · ');
  const face = (
    <>
      <span className="wv-material-name">{file.name}</span>
      <span className="wv-material-note">{note}</span>
    </>
  );
  return (
    <li className="wv-material" data-testid="file" data-file={file.fileId} data-rule={file.rule}>
      {isShown ? (
        <button
          type="button"
          className="wv-material-open"
          data-testid="file-open"
          onClick={() => {
            look(subject);
          }}
        >
          {face}
        </button>
      ) : (
        <a className="wv-material-open" href={url} download={file.name} data-testid="file-open">
          {face}
        </a>
      )}
      <Menu
        label={words('files.actions', { name: file.name })}
        align="end"
        groups={[{ key: 'actions', items }]}
        renderTrigger={({ ref, onClick, ...menu }) => (
          <button
            type="button"
            ref={ref}
            className="wv-icon-button"
            aria-label={words('files.actions', { name: file.name })}
            title={words('files.actions', { name: file.name })}
            data-testid="file-actions"
            onClick={onClick}
            {...menu}
          >
            <Icon name="more" />
          </button>
        )}
      />
    </li>
  );
}

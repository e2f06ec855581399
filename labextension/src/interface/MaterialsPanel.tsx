/**
 * Materials: everything the room works with. One section a kind: notebooks,
 * exercises, whiteboards, notes, and what others add to `SECTIONS`.
 */
import { useRef, useState, type ComponentType } from 'react';

import type { DocumentKind, DocumentView, ExerciseView } from '../protocol/messages';

import { useClient, useRoom, useSnapshot } from './context';
import { Button, IconButton, Menu, type MenuItem } from './controls';
import type { RoomDocuments } from './documents';
import { HandOutDialog } from './exercises/HandOutDialog';
import FilesSection from './files/FilesSection';
import WebSection from './files/WebSection';
import { Icon, type IconName } from './icons';
import { Panel } from './Panel';
import { presentedOf, shownName, type Subject } from './presented/registry';

export interface MaterialsProps {
  documents: RoomDocuments;
  look: (subject: Subject) => void;
}

interface MaterialsPanelProps extends MaterialsProps {
  close: () => void;
}

const SECTIONS: ReadonlyArray<{ key: string; Section: ComponentType<MaterialsProps> }> = [
  { key: 'exercises', Section: ExerciseSection },
  { key: 'notebooks', Section: NotebookSection },
  { key: 'boards', Section: BoardSection },
  { key: 'notes', Section: NoteSection },
  { key: 'files', Section: FilesSection },
  { key: 'web', Section: WebSection },
];

export default function MaterialsPanel({ close, documents, look }: MaterialsPanelProps) {
  const { words } = useRoom();
  const { failure, list } = documents;
  return (
    <Panel title={words('materials.title')} close={close} testId="materials">
      {/* eslint-disable-next-line jsx-a11y/no-noninteractive-tabindex */}
      <div className="wv-materials" tabIndex={0} role="group" aria-label={words('materials.title')}>
        {failure && (
          <p className="wv-field-problem" role="alert" data-testid="materials-problem">
            {failure.kind === 'refused' ? failure.refusal.message : words('materials.unreachable')}
          </p>
        )}
        {list === null
          ? !failure && <p role="status">{words('common.loading')}</p>
          : SECTIONS.map(({ key, Section }) => <Section key={key} documents={documents} look={look} />)}
      </div>
    </Panel>
  );
}

/** A titled list; what is empty teaches how to fill it, to whoever may. */
export function MaterialsSection({
  title,
  icon,
  empty,
  actions,
  children,
  testId,
}: {
  title: string;
  icon: IconName;
  empty: string | null;
  actions?: React.ReactNode;
  children?: React.ReactNode;
  testId: string;
}) {
  return (
    <section className="wv-materials-section" data-testid={testId}>
      <header>
        <Icon name={icon} />
        <h3>{title}</h3>
        {actions}
      </header>
      {empty === null ? <ul>{children}</ul> : <p className="wv-field-hint">{empty}</p>}
    </section>
  );
}

function NotebookSection({ documents, look }: MaterialsProps) {
  const { words } = useRoom();
  const input = useRef<HTMLInputElement>(null);
  const { list, api, act } = documents;
  const notebooks = (list?.documents ?? []).filter(one => one.kind === 'notebook' && one.copy === null);
  const mayCreate = list?.mayCreate === true;
  const [isUnreadable, setUnreadable] = useState(false);
  if (notebooks.length === 0 && !mayCreate) {
    return null;
  }
  const add = async (file: File) => {
    setUnreadable(false);
    let content: unknown;
    try {
      content = JSON.parse(await file.text());
    } catch {
      setUnreadable(true);
      return;
    }
    await act(api.create({ kind: 'notebook', name: file.name, content }));
  };
  return (
    <MaterialsSection
      title={words('materials.notebooks')}
      icon="notebook"
      testId="materials-notebooks"
      empty={notebooks.length === 0 ? words('materials.notebooks.empty') : null}
      actions={
        mayCreate && (
          <>
            <input
              ref={input}
              type="file"
              accept=".ipynb"
              hidden
              data-testid="add-notebook-file"
              onChange={event => {
                const file = event.target.files?.[0];
                event.target.value = '';
                if (file) {
                  void add(file);
                }
              }}
            />
            <IconButton
              icon="add"
              label={words('materials.add_notebook')}
              data-testid="add-notebook"
              onClick={() => input.current?.click()}
            />
          </>
        )
      }
    >
      {isUnreadable && (
        <li className="wv-field-problem" role="alert">
          {words('materials.unreadable')}
        </li>
      )}
      {notebooks.map(document => (
        <DocumentRow key={document.documentId} document={document} documents={documents} look={look} />
      ))}
    </MaterialsSection>
  );
}

function ExerciseSection({ documents, look }: MaterialsProps) {
  const { words } = useRoom();
  const { list } = documents;
  const exercises = list?.exercises ?? [];
  const copies = (list?.documents ?? []).filter(one => one.copy !== null);
  const mine = copies.filter(one => one.copy?.isMine === true);
  const leads = list?.mayCreate === true;
  if (exercises.length === 0 && mine.length === 0) {
    return null;
  }
  return (
    <MaterialsSection
      title={words('materials.exercises')}
      icon="check"
      testId="materials-exercises"
      empty={null}
    >
      {leads
        ? exercises.map(exercise => (
            <ExerciseRow key={exercise.exerciseId} exercise={exercise} documents={documents} look={look} />
          ))
        : mine.map(document => (
            <DocumentRow key={document.documentId} document={document} documents={documents} look={look} />
          ))}
    </MaterialsSection>
  );
}

function BoardSection(props: MaterialsProps) {
  return <PlainSection {...props} kind="board" icon="board" />;
}

function NoteSection(props: MaterialsProps) {
  return <PlainSection {...props} kind="note" icon="note" />;
}

/** Documents that are made empty, by their name alone. */
function PlainSection({
  documents,
  look,
  kind,
  icon,
}: MaterialsProps & { kind: 'board' | 'note'; icon: IconName }) {
  const { words } = useRoom();
  const { list, api, act } = documents;
  // What lies over a file's pages is found where the file is.
  const found = (list?.documents ?? []).filter(one => one.kind === kind && one.annotates === null);
  const mayCreate = list?.mayCreate === true;
  if (found.length === 0 && !mayCreate) {
    return null;
  }
  const create = async () => {
    const name = words(`materials.${kind}.name`, { count: found.length + 1 });
    const made = await act(
      api.create({ kind, name, ...(kind === 'note' ? { rule: 'all_write' as const } : {}) }),
    );
    if (made) {
      look({ kind, document: made });
    }
  };
  return (
    <MaterialsSection
      title={words(`materials.${kind}s`)}
      icon={icon}
      testId={`materials-${kind}s`}
      empty={found.length === 0 ? words(`materials.${kind}s.empty`) : null}
      actions={
        mayCreate && (
          <IconButton
            icon="add"
            label={words(`materials.add_${kind}`)}
            data-testid={`add-${kind}`}
            onClick={() => void create()}
          />
        )
      }
    >
      {found.map(document => (
        <DocumentRow key={document.documentId} document={document} documents={documents} look={look} />
      ))}
    </MaterialsSection>
  );
}

const EXPORTS: Readonly<Record<DocumentKind, ReadonlyArray<'ipynb' | 'html' | 'md' | 'excalidraw'>>> = {
  notebook: ['ipynb', 'html'],
  board: ['excalidraw'],
  note: ['md', 'html'],
};

function DocumentRow({
  document,
  documents,
  look,
}: {
  document: DocumentView;
  documents: RoomDocuments;
  look: (subject: Subject) => void;
}) {
  const { words, options } = useRoom();
  const time = useMoment();
  const client = useClient();
  const { presented } = useSnapshot();
  const { list, api, act } = documents;
  const leads = list?.mayCreate === true;
  const subject: Subject = { kind: document.kind, document };
  const isPresented = presented?.target === document.documentId;
  const { copy } = document;
  const [isHandingOut, setHandingOut] = useState(false);
  const openInLab = document.kind === 'notebook' ? options.openDocument : undefined;
  const items: MenuItem[] = [
    ...(leads
      ? [
          {
            key: 'present',
            label: words(isPresented ? 'presented.stop' : 'presented.start'),
            icon: 'stage' as const,
            testId: 'document-present',
            act: () => {
              client.present(isPresented ? null : presentedOf(subject));
            },
          },
        ]
      : []),
    ...(leads && document.kind === 'notebook' && !copy
      ? [
          {
            key: 'hand-out',
            label: words('materials.hand_out'),
            icon: 'check' as const,
            testId: 'document-hand-out',
            act: () => {
              setHandingOut(true);
            },
          },
        ]
      : []),
    ...(leads && !copy
      ? (['moderators_write', 'all_write', 'hidden'] as const).map(rule => ({
          key: rule,
          label: words(`materials.rule.${rule}`),
          isChosen: document.rule === rule,
          testId: `document-rule-${rule}`,
          act: () => void act(api.change(document.documentId, { rule })),
        }))
      : []),
    ...(copy?.isMine && (copy.state === 'working' || copy.state === 'handed_in')
      ? [
          {
            key: 'hand-in',
            label: words(copy.state === 'working' ? 'materials.hand_in' : 'materials.take_back'),
            icon: 'check' as const,
            testId: 'document-hand-in',
            act: () => void act(api.handIn(document.documentId, copy.state === 'working')),
          },
        ]
      : []),
    ...[
      ...EXPORTS[document.kind],
      ...(document.kind === 'notebook' && list?.mayPrint === true ? (['pdf'] as const) : []),
    ].map(format => ({
      key: format,
      label: words('materials.download', { format }),
      icon: 'down' as const,
      href: api.exportUrl(document.documentId, format),
      testId: `document-export-${format}`,
    })),
    ...(leads
      ? [
          {
            key: 'remove',
            label: words('materials.remove'),
            icon: 'close' as const,
            isDanger: true,
            testId: 'document-remove',
            act: () => void act(api.remove(document.documentId)),
          },
        ]
      : []),
  ];
  return (
    <li
      className="wv-material"
      data-testid="document"
      data-document={document.documentId}
      data-kind={document.kind}
    >
      <button
        type="button"
        className="wv-material-open"
        data-testid="document-open"
        onClick={() => {
          if (openInLab) {
            openInLab(client.roomId, document.documentId);
          } else {
            look(subject);
          }
        }}
      >
        <span className="wv-material-name">{shownName(document)}</span>
        <span className="wv-material-note">
          {isPresented && <strong>{words('materials.presented')} · </strong>}
          {copy
            ? words(`materials.copy.${copy.state}`) +
              (copy.state === 'working' && copy.deadline !== null
                ? ` · ${words('materials.deadline', { time: time(copy.deadline) })}`
                : '')
            : words(document.access === 'write' ? 'materials.write' : 'materials.read')}
        </span>
      </button>
      <Menu
        label={words('materials.actions', { name: shownName(document) })}
        groups={[{ key: 'actions', items }]}
        renderTrigger={({ ref, onClick, ...menu }) => (
          <button
            type="button"
            ref={ref}
            className="wv-icon-button"
            aria-label={words('materials.actions', { name: shownName(document) })}
            title={words('materials.actions', { name: shownName(document) })}
            data-testid="document-actions"
            onClick={onClick}
            {...menu}
          >
            <Icon name="more" />
          </button>
        )}
      />
      {isHandingOut && (
        <HandOutDialog
          title={words('hand_out.title', { name: shownName(document) })}
          explanation={words('hand_out.explain')}
          confirm={words('materials.hand_out')}
          deadline={null}
          close={() => {
            setHandingOut(false);
          }}
          act={deadline => void act(api.handOut(document.documentId, deadline))}
        />
      )}
    </li>
  );
}

function ExerciseRow({
  exercise,
  documents,
  look,
}: {
  exercise: ExerciseView;
  documents: RoomDocuments;
  look: (subject: Subject) => void;
}) {
  const { words } = useRoom();
  const time = useMoment();
  const { api, act } = documents;
  const [isMoving, setMoving] = useState(false);
  const next = exercise.state === 'open' ? 'collected' : exercise.state === 'collected' ? 'returned' : 'open';
  return (
    <li className="wv-material wv-material-exercise" data-testid="exercise" data-state={exercise.state}>
      <div className="wv-material-open">
        <span className="wv-material-name">{exercise.name}</span>
        <span className="wv-material-note">
          {words('materials.copies', { count: exercise.copies })} ·{' '}
          {words(`materials.exercise.${exercise.state}`)}
          {exercise.deadline !== null &&
            ` · ${words('materials.deadline', { time: time(exercise.deadline) })}`}
        </span>
      </div>
      <div className="wv-material-actions">
        <Button
          icon="gallery"
          data-testid="open-wall"
          onClick={() => {
            look({ kind: 'wall', exerciseId: exercise.exerciseId });
          }}
        >
          {words('wall.open')}
        </Button>
        <Button
          data-testid={`exercise-${next}`}
          onClick={() => void act(api.changeExercise(exercise.exerciseId, next))}
        >
          {words(`materials.exercise.to.${next}`)}
        </Button>
        {exercise.state === 'open' && (
          <Button
            icon="clock"
            data-testid="exercise-deadline"
            onClick={() => {
              setMoving(true);
            }}
          >
            {words('deadline.change')}
          </Button>
        )}
      </div>
      {isMoving && (
        <HandOutDialog
          title={words('deadline.change.title', { name: exercise.name })}
          explanation={words('deadline.change.explain')}
          confirm={words('common.save')}
          deadline={exercise.deadline}
          close={() => {
            setMoving(false);
          }}
          act={deadline => void act(api.setDeadline(exercise.exerciseId, deadline))}
        />
      )}
    </li>
  );
}

/** Words an instant: its day of the week and time. */
function useMoment(): (instant: string) => string {
  const { locale } = useRoom();
  const moment = new Intl.DateTimeFormat(locale, { weekday: 'short', hour: '2-digit', minute: '2-digit' });
  return instant => moment.format(new Date(instant));
}

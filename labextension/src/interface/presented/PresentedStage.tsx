/** The middle of the room while there is something to look at: its head, and its viewer. */
import { Component, useEffect, useState, type ReactNode } from 'react';

import { moderates } from '../../client';
import { findParticipant } from '../../client/state';
import { FilesApi } from '../../files/api';
import { useClient, useRoom, useStore } from '../context';
import { Button, IconButton } from '../controls';

import { keyOf, presentedOf, shownName, type Subject } from './registry';
import { VIEWERS } from './viewers';

interface PresentedStageProps {
  subject: Subject;
  isPresented: boolean;
  /** Something else is on everybody's stage: the way back to it. */
  back: (() => void) | null;
  look: (subject: Subject) => void;
  /** Ends this person's own look; null for what is presented. */
  close: (() => void) | null;
}

export default function PresentedStage({ subject, isPresented, back, look, close }: PresentedStageProps) {
  const { words, options } = useRoom();
  const client = useClient();
  const state = useStore(client.store);
  const leads = moderates(state);
  const Viewer = VIEWERS[subject.kind];
  const presentable = presentedOf(subject);
  const by = state.presented?.by ? findParticipant(state, state.presented.by)?.name : undefined;
  const document = 'document' in subject ? subject.document : null;
  const title = useTitle(subject, useFileName(subject));
  return (
    <section
      className="wv-presented"
      aria-label={title}
      data-testid="presented"
      data-kind={subject.kind}
      data-presented={isPresented}
    >
      <header className="wv-presented-head">
        <h2>{title}</h2>
        <p>
          {isPresented
            ? by === undefined
              ? words('presented.to_all')
              : words('presented.by', { name: by })
            : words('presented.alone')}
        </p>
        <div className="wv-presented-actions">
          {leads && presentable && (
            <Button
              look={isPresented ? 'plain' : 'primary'}
              aria-pressed={isPresented}
              data-testid="present"
              onClick={() => {
                client.present(isPresented ? null : presentable);
              }}
            >
              {words(isPresented ? 'presented.stop' : 'presented.start')}
            </Button>
          )}
          {document?.kind === 'notebook' && options.openDocument && (
            <Button
              icon="notebook"
              data-testid="open-in-lab"
              onClick={() => options.openDocument?.(client.roomId, document.documentId)}
            >
              {words('presented.open_lab')}
            </Button>
          )}
          {back && (
            <Button look="primary" onClick={back} data-testid="presented-back">
              {words(leads ? 'presented.back.leads' : 'presented.back')}
            </Button>
          )}
          {close && (
            <IconButton
              icon="close"
              label={words('presented.close')}
              onClick={close}
              data-testid="presented-close"
            />
          )}
        </div>
      </header>
      <div className="wv-presented-body">
        {Viewer ? (
          <Guard key={keyOf(subject)} words={words('presented.failed')}>
            <Viewer subject={subject} isPresented={isPresented} leads={leads} look={look} />
          </Guard>
        ) : (
          <p className="wv-empty">{words('presented.unknown')}</p>
        )}
      </div>
    </section>
  );
}

function useTitle(subject: Subject, fileName: string | null): string {
  const { words } = useRoom();
  switch (subject.kind) {
    case 'notebook':
    case 'board':
    case 'note':
      return subject.document.copy
        ? words('materials.copy_of', { name: subject.document.name, owner: subject.document.copy.ownerName })
        : shownName(subject.document);
    case 'file':
      return fileName ?? words('presented.file');
    case 'web':
      return hostOf(subject.url);
    case 'wall':
      return words('wall.title');
  }
}

/** Null while it is not known, and for what is no file. */
function useFileName(subject: Subject): string | null {
  const { session } = useRoom();
  const client = useClient();
  const [name, setName] = useState<string | null>(null);
  const { filesVersion } = useStore(client.store);
  const fileId = subject.kind === 'file' ? subject.fileId : null;
  useEffect(() => {
    setName(null);
    if (fileId === null) {
      return undefined;
    }
    let isHere = true;
    void new FilesApi(session.api, client.roomId).list().then(answer => {
      const file = answer.ok ? answer.value.files.find(one => one.fileId === fileId) : undefined;
      if (isHere && file) {
        setName(file.name);
      }
    });
    return () => {
      isHere = false;
    };
  }, [session, client, fileId, filesVersion]);
  return name;
}

function hostOf(url: string): string {
  try {
    return new URL(url).host;
  } catch {
    return url;
  }
}

/** A viewer that breaks takes nobody out of the room. */
class Guard extends Component<{ words: string; children: ReactNode }, { isBroken: boolean }> {
  override state = { isBroken: false };

  static getDerivedStateFromError(): { isBroken: boolean } {
    return { isBroken: true };
  }

  override render(): ReactNode {
    return this.state.isBroken ? (
      <p className="wv-empty" role="alert">
        {this.props.words}
      </p>
    ) : (
      this.props.children
    );
  }
}

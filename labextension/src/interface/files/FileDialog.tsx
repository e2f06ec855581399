/** What is asked about a file or a folder: a name, a place, an older version, whether it shall go. */
import { useEffect, useState, type FormEvent } from 'react';

import { sizeOf } from '../../files/listing';
import { islandWords } from '../../islands/words';
import type { FileVersionView, FileView } from '../../protocol/messages';
import { useRoom } from '../context';
import { Button, Dialog, Field } from '../controls';

import type { RoomFiles } from './useFiles';

export type FileQuestion =
  | { kind: 'folder'; folder: string }
  | { kind: 'change'; file: FileView }
  | { kind: 'remove'; file: FileView }
  | { kind: 'versions'; file: FileView };

interface FileDialogProps {
  question: FileQuestion;
  files: RoomFiles;
  close: () => void;
}

export function FileDialog({ question, files, close }: FileDialogProps) {
  const { locale } = useRoom();
  const words = islandWords(locale);
  switch (question.kind) {
    case 'folder':
      return (
        <Dialog title={words('files.folder.new')} close={close}>
          <FolderForm folder={question.folder} files={files} close={close} />
        </Dialog>
      );
    case 'change':
      return (
        <Dialog title={words('files.change')} close={close}>
          <ChangeForm file={question.file} files={files} close={close} />
        </Dialog>
      );
    case 'remove':
      return (
        <Dialog title={words('files.remove.sure', { name: question.file.name })} close={close}>
          <p>{words('files.remove.explain')}</p>
          <div className="wv-dialog-actions">
            <Button onClick={close}>{words('cancel')}</Button>
            <Button
              look="danger"
              data-testid="file-remove-confirm"
              onClick={() => {
                void files.act(files.api.remove(question.file.fileId)).then(close);
              }}
            >
              {words('files.remove')}
            </Button>
          </div>
        </Dialog>
      );
    case 'versions':
      return (
        <Dialog title={words('files.versions')} close={close}>
          <Versions file={question.file} files={files} />
        </Dialog>
      );
  }
}

function FolderForm({ folder, files, close }: { folder: string; files: RoomFiles; close: () => void }) {
  const { locale } = useRoom();
  const words = islandWords(locale);
  const [name, setName] = useState('');
  const submit = (event: FormEvent) => {
    event.preventDefault();
    void files.act(files.api.makeFolder(folder === '' ? name : `${folder}/${name}`)).then(close);
  };
  return (
    <form onSubmit={submit}>
      <Field
        label={words('files.name')}
        value={name}
        required
        data-testid="folder-name"
        onChange={event => {
          setName(event.target.value);
        }}
      />
      <div className="wv-dialog-actions">
        <Button onClick={close}>{words('cancel')}</Button>
        <Button look="primary" type="submit" disabled={name.trim() === ''} data-testid="folder-save">
          {words('files.folder.make')}
        </Button>
      </div>
    </form>
  );
}

function ChangeForm({ file, files, close }: { file: FileView; files: RoomFiles; close: () => void }) {
  const { locale } = useRoom();
  const words = islandWords(locale);
  const [name, setName] = useState(file.name);
  const [folder, setFolder] = useState(file.folder);
  const submit = (event: FormEvent) => {
    event.preventDefault();
    void files.act(files.api.change(file.fileId, { name, folder })).then(close);
  };
  return (
    <form onSubmit={submit}>
      <Field
        label={words('files.name')}
        value={name}
        required
        data-testid="file-name"
        onChange={event => {
          setName(event.target.value);
        }}
      />
      <label className="wv-field">
        <span>{words('files.folder')}</span>
        <select
          value={folder}
          data-testid="file-folder"
          onChange={event => {
            setFolder(event.target.value);
          }}
        >
          {['', ...(files.list?.folders ?? [])].map(path => (
            <option key={path} value={path}>
              {path === '' ? words('files.top') : path}
            </option>
          ))}
        </select>
      </label>
      <div className="wv-dialog-actions">
        <Button onClick={close}>{words('cancel')}</Button>
        <Button look="primary" type="submit" disabled={name.trim() === ''} data-testid="file-save">
          {words('files.save')}
        </Button>
      </div>
    </form>
  );
}

function Versions({ file, files }: { file: FileView; files: RoomFiles }) {
  const { locale } = useRoom();
  const words = islandWords(locale);
  const { api } = files;
  const [versions, setVersions] = useState<ReadonlyArray<FileVersionView>>([]);
  useEffect(() => {
    void api.versions(file.fileId).then(answer => {
      setVersions(answer.ok ? answer.value.versions : []);
    });
  }, [api, file.fileId, file.version]);
  const moment = new Intl.DateTimeFormat(locale, { dateStyle: 'medium', timeStyle: 'short' });
  return (
    <ul className="wv-versions">
      {versions.map(one => (
        <li key={one.version}>
          <a href={api.contentUrl(file.fileId, one.version)} download={file.name} data-testid="file-version">
            {words('files.version', { number: one.version })}
          </a>{' '}
          <span className="wv-material-note">
            {moment.format(new Date(one.at))} · {one.by} · {sizeOf(one.sizeBytes, locale)}
          </span>
        </li>
      ))}
    </ul>
  );
}

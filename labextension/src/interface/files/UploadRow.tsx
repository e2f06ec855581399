/** A file on its way: how far it is, what stopped it, how to go on. */
import { sizeOf } from '../../files/listing';
import type { LeftUpload } from '../../files/leftUploads';
import type { ShownUpload, Uploads } from '../../files/uploads';
import { islandWords } from '../../islands/words';
import { typeset } from '../../words';
import { useRoom } from '../context';
import { Button, IconButton } from '../controls';

export function UploadRow({ upload, uploads }: { upload: ShownUpload; uploads: Uploads }) {
  const { locale } = useRoom();
  const words = islandWords(locale);
  const { id, name, sentBytes, sizeBytes, state } = upload;
  const share = sizeBytes === 0 ? 1 : sentBytes / sizeBytes;
  const refusal = 'refusal' in state ? state.refusal : null;
  const note = refusal
    ? `${typeset(locale, refusal.title)}. ${typeset(locale, refusal.message)}`
    : state.kind === 'refused'
      ? words('files.failed')
      : state.kind === 'stopped'
        ? words('files.stopped')
        : state.kind === 'waiting'
          ? words('files.waiting')
          : words('files.sending', { sent: sizeOf(sentBytes, locale), size: sizeOf(sizeBytes, locale) });
  return (
    <li className="wv-material wv-upload" data-testid="upload" data-state={state.kind}>
      <div className="wv-material-open">
        <span className="wv-material-name">{name}</span>
        <span
          className={state.kind === 'refused' ? 'wv-field-problem' : 'wv-material-note'}
          role={state.kind === 'refused' || state.kind === 'stopped' ? 'alert' : undefined}
        >
          {note}
        </span>
        {state.kind !== 'refused' && (
          <progress value={share} max={1} aria-label={words('files.progress', { name })} />
        )}
      </div>
      {state.kind === 'stopped' && (
        <Button
          data-testid="upload-resume"
          onClick={() => {
            uploads.resume(id);
          }}
        >
          {words('files.resume')}
        </Button>
      )}
      <IconButton
        icon="close"
        label={words('files.cancel', { name })}
        data-testid="upload-cancel"
        onClick={() => {
          uploads.cancel(id);
        }}
      />
    </li>
  );
}

interface LeftRowProps {
  upload: LeftUpload;
  /** Asks for the file again. */
  choose: () => void;
  discard: () => void;
}

/** An upload that an earlier page left: only the person can open the file again. */
export function LeftRow({ upload, choose, discard }: LeftRowProps) {
  const { locale } = useRoom();
  const words = islandWords(locale);
  const moment = new Intl.DateTimeFormat(locale, { dateStyle: 'medium', timeStyle: 'short' });
  return (
    <li className="wv-material wv-upload" data-testid="upload" data-state="left">
      <div className="wv-material-open">
        <span className="wv-material-name">{upload.name}</span>
        <span className="wv-material-note">
          {words('files.left', {
            at: moment.format(new Date(upload.begunAt)),
            size: sizeOf(upload.sizeBytes, locale),
          })}
        </span>
      </div>
      <Button data-testid="upload-resume" onClick={choose}>
        {words('files.resume')}
      </Button>
      <IconButton
        icon="close"
        label={words('files.cancel', { name: upload.name })}
        data-testid="upload-cancel"
        onClick={discard}
      />
    </li>
  );
}

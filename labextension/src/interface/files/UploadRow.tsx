/** A file on its way: how far it is, what stopped it, how to go on. */
import { sizeOf } from '../../files/listing';
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
  const note =
    state.kind === 'refused'
      ? state.refusal
        ? `${typeset(locale, state.refusal.title)}. ${typeset(locale, state.refusal.message)}`
        : words('files.failed')
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

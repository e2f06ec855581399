/** Something is on its way. */
import { useRoom } from './context';

export function Loading() {
  const { words } = useRoom();
  return (
    <div className="wv-loading" role="status">
      <span className="wv-spinner" aria-hidden="true" />
      <span>{words('common.loading')}</span>
    </div>
  );
}

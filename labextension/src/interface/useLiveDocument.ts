/** A shared document for as long as a component is there; none while there is no address. */
import { useEffect, useState } from 'react';

import { LiveDocument } from '../documents/live';

export function useLiveDocument(url: string | null): LiveDocument | null {
  const [live, setLive] = useState<LiveDocument | null>(null);
  useEffect(() => {
    if (url === null) {
      return undefined;
    }
    const opened = new LiveDocument({ url });
    setLive(opened);
    const hurry = () => {
      if (document.visibilityState === 'visible') {
        opened.hurry();
      }
    };
    window.addEventListener('online', hurry);
    document.addEventListener('visibilitychange', hurry);
    return () => {
      window.removeEventListener('online', hurry);
      document.removeEventListener('visibilitychange', hurry);
      opened.dispose();
      setLive(null);
    };
  }, [url]);
  return live;
}

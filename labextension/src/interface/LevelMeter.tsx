/** A bar that moves with the voice. Drawn outside of React: 60 times a second is not a render. */
import { useEffect, useRef } from 'react';

import { watchLevel } from '../client/sound';

export function LevelMeter({ track, label }: { track: MediaStreamTrack | null; label: string }) {
  const bar = useRef<HTMLDivElement>(null);
  const box = useRef<HTMLDivElement>(null);
  useEffect(() => {
    if (!track) {
      return undefined;
    }
    return watchLevel(track, share => {
      bar.current?.style.setProperty('--wv-level', share.toFixed(3));
      box.current?.setAttribute('aria-valuenow', Math.round(share * 100).toString());
    });
  }, [track]);
  return (
    <div
      ref={box}
      className="wv-level"
      role="meter"
      aria-label={label}
      aria-valuemin={0}
      aria-valuemax={100}
      aria-valuenow={0}
    >
      <div ref={bar} className="wv-level-bar" />
    </div>
  );
}

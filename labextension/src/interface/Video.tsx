/** A video element that follows its stream; always muted, sound comes by the audio slots. */
import { useEffect, useRef } from 'react';

interface VideoProps {
  stream: MediaStream | null;
  isMirrored?: boolean;
  fit?: 'cover' | 'contain';
  onPlaying?: () => void;
}

export function Video({ stream, isMirrored = false, fit = 'cover', onPlaying }: VideoProps) {
  const element = useRef<HTMLVideoElement>(null);
  useEffect(() => {
    const video = element.current;
    if (!video) {
      return undefined;
    }
    video.srcObject = stream;
    // A play that a newer stream interrupts rejects; that is not a fault.
    void video.play().catch(() => undefined);
    return () => {
      video.srcObject = null;
    };
  }, [stream]);
  return (
    <video
      ref={element}
      className={`wv-video wv-fit-${fit} ${isMirrored ? 'wv-mirrored' : ''}`}
      autoPlay
      playsInline
      muted
      aria-hidden="true"
      tabIndex={-1}
      onPlaying={onPlaying}
    />
  );
}

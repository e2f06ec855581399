/** The interface's own icons: 24 units, one stroke, drawn in the text's colour. */
import type { SVGProps } from 'react';

const PATHS = {
  microphone: 'M12 3.5a3 3 0 0 0-3 3v5a3 3 0 0 0 6 0v-5a3 3 0 0 0-3-3ZM5.5 11a6.5 6.5 0 0 0 13 0M12 17.5v3',
  microphoneOff:
    'M9 9v2.5a3 3 0 0 0 4.6 2.5M15 11V6.5a3 3 0 0 0-5.7-1.3M5.5 11a6.5 6.5 0 0 0 10.2 5.3M18.5 11a6.4 6.4 0 0 1-.7 2.9M12 17.5v3M4 4l16 16',
  camera:
    'M5 6.5h8.5a2 2 0 0 1 2 2v7a2 2 0 0 1-2 2H5a2 2 0 0 1-2-2v-7a2 2 0 0 1 2-2ZM15.5 10.5 21 7.5v9l-5.5-3',
  cameraOff:
    'M9 6.5h4.5a2 2 0 0 1 2 2v2l5.5-3v9l-2.5-1.4M15.4 15.6a2 2 0 0 1-1.9 1.9H5a2 2 0 0 1-2-2v-7a2 2 0 0 1 1.6-1.95M4 4l16 16',
  screen:
    'M4.5 4.5h15a1.5 1.5 0 0 1 1.5 1.5v9a1.5 1.5 0 0 1-1.5 1.5h-15A1.5 1.5 0 0 1 3 15V6a1.5 1.5 0 0 1 1.5-1.5ZM8.5 20h7M12 13.5v-6M9.2 10 12 7.2l2.8 2.8',
  screenStop:
    'M4.5 4.5h15a1.5 1.5 0 0 1 1.5 1.5v9a1.5 1.5 0 0 1-1.5 1.5h-15A1.5 1.5 0 0 1 3 15V6a1.5 1.5 0 0 1 1.5-1.5ZM8.5 20h7M9.5 8l5 5M14.5 8l-5 5',
  hand: 'M8 12.5V6.2a1.35 1.35 0 0 1 2.7 0V11M10.7 10.5V4.6a1.35 1.35 0 0 1 2.7 0v5.9M13.4 10.8V6a1.35 1.35 0 0 1 2.7 0v6M16.1 11V8.7a1.35 1.35 0 0 1 2.7 0v5.8c0 3.6-2.5 6-6 6-2.7 0-4.2-1.1-5.6-3.4l-2.9-4.7c-.9-1.5 1-2.9 2.2-1.6L8 12.7',
  reaction:
    'M12 3.5a8.5 8.5 0 1 0 0 17 8.5 8.5 0 0 0 0-17ZM8.5 14.2c.8 1.3 2 2 3.5 2s2.7-.7 3.5-2M9 9.7v.1M15 9.7v.1',
  chat: 'M5.5 4.5h13a2 2 0 0 1 2 2v8a2 2 0 0 1-2 2H11l-4.5 4v-4h-1a2 2 0 0 1-2-2v-8a2 2 0 0 1 2-2ZM8 9h8M8 12.2h5',
  people:
    'M9 11.5a3.25 3.25 0 1 0 0-6.5 3.25 3.25 0 0 0 0 6.5ZM2.8 19c.4-3.2 2.9-5 6.2-5s5.8 1.8 6.2 5M15.5 5.3a3.25 3.25 0 0 1 0 6M17.3 14.3c2.3.5 3.7 2.2 4 4.7',
  more: 'M5.5 11.5v1M12 11.5v1M18.5 11.5v1',
  leave: 'M13 4.5H6.5a1.5 1.5 0 0 0-1.5 1.5v12a1.5 1.5 0 0 0 1.5 1.5H13M10.5 12H20.5M17 8.5l3.5 3.5-3.5 3.5',
  send: 'M4.5 12 20 4.5 15.5 20l-4-6.5L4.5 12ZM11.5 13.5 20 4.5',
  close: 'M6 6l12 12M18 6 6 18',
  check: 'M5 12.5l4.5 4.5L19 7.5',
  copy: 'M9 8.5h9.5a1 1 0 0 1 1 1V19a1 1 0 0 1-1 1H9a1 1 0 0 1-1-1V9.5a1 1 0 0 1 1-1ZM5 15.5h-.5a1 1 0 0 1-1-1V5a1 1 0 0 1 1-1H14a1 1 0 0 1 1 1v.5',
  pin: 'M9 4h6l-1 6 3 3v1.5H7V13l3-3-1-6ZM12 14.5V20',
  left: 'M14.5 6 8.5 12l6 6',
  right: 'M9.5 6l6 6-6 6',
  down: 'M6 9.5l6 6 6-6',
  sliders:
    'M4 7h9M17.5 7H20M4 17h2.5M11 17h9M15.25 4.75a2.25 2.25 0 1 0 0 4.5 2.25 2.25 0 0 0 0-4.5ZM8.75 14.75a2.25 2.25 0 1 0 0 4.5 2.25 2.25 0 0 0 0-4.5Z',
  speaker: 'M4 9.5v5h3.5L12 18.5v-13L7.5 9.5H4ZM15.5 9a4.2 4.2 0 0 1 0 6M18 6.5a7.7 7.7 0 0 1 0 11',
  warning: 'M12 4 2.8 19.5h18.4L12 4ZM12 10v4.5M12 17v.1',
  clock: 'M12 3.5a8.5 8.5 0 1 0 0 17 8.5 8.5 0 0 0 0-17ZM12 7.5V12l3 2',
  stage: 'M4 5.5h16v9.5H4ZM4 18.5h3.5M10.25 18.5h3.5M16.5 18.5H20',
  gallery: 'M4 5h7v6H4ZM13 5h7v6h-7ZM4 13h7v6H4ZM13 13h7v6h-7Z',
  side: 'M3.5 7h8v10h-8ZM12.5 7h8v10h-8Z',
  eye: 'M2.5 12S6 5.5 12 5.5 21.5 12 21.5 12 18 18.5 12 18.5 2.5 12 2.5 12ZM12 9.25a2.75 2.75 0 1 0 0 5.5 2.75 2.75 0 0 0 0-5.5Z',
  eyeOff:
    'M9.9 5.8A8.7 8.7 0 0 1 12 5.5c6 0 9.5 6.5 9.5 6.5a15 15 0 0 1-2.7 3.4M6.5 7.5A15 15 0 0 0 2.5 12S6 18.5 12 18.5a9 9 0 0 0 4.3-1.1M10 10.1a2.75 2.75 0 0 0 3.9 3.9M4 4l16 16',
  invite:
    'M10 11.5a3.25 3.25 0 1 0 0-6.5 3.25 3.25 0 0 0 0 6.5ZM3.8 19c.4-3.2 2.9-5 6.2-5 1.5 0 2.8.4 3.9 1M18 13.5v6M15 16.5h6',
  notebook:
    'M6.5 3.5h11a1.5 1.5 0 0 1 1.5 1.5v14a1.5 1.5 0 0 1-1.5 1.5h-11ZM6.5 3.5v17M4 8h2.5M4 12h2.5M4 16h2.5M10.5 8.5h5M10.5 12h5',
  sheet:
    'M6 3.5h8.5L19 8v12a.5.5 0 0 1-.5.5H6a.5.5 0 0 1-.5-.5V4a.5.5 0 0 1 .5-.5ZM14 3.8V8.5h4.7M9 12.5h6M9 16h6',
  stop: 'M12 3.5a8.5 8.5 0 1 0 0 17 8.5 8.5 0 0 0 0-17ZM9 9h6v6H9Z',
  expand: 'M13.5 4.5h6v6M19.5 4.5l-7 7M10.5 19.5h-6v-6M4.5 19.5l7-7',
  door: 'M6 20.5v-16a1 1 0 0 1 1-1h10a1 1 0 0 1 1 1v16M4 20.5h16M14.5 12v.1',
  globe:
    'M12 3.5a8.5 8.5 0 1 0 0 17 8.5 8.5 0 0 0 0-17ZM3.5 12h17M12 3.5c2.4 2.3 3.6 5.2 3.6 8.5s-1.2 6.2-3.6 8.5c-2.4-2.3-3.6-5.2-3.6-8.5s1.2-6.2 3.6-8.5Z',
  line: 'M5 17.5v1M9.7 14v4.5M14.3 10v8.5M19 5.5v13',
} as const;

export type IconName = keyof typeof PATHS;

/** Decoration only: whatever carries it also says it in words. */
export function Icon({ name, ...rest }: { name: IconName } & SVGProps<SVGSVGElement>) {
  return (
    <svg className="wv-icon" viewBox="0 0 24 24" aria-hidden="true" focusable="false" {...rest}>
      <path d={PATHS[name]} />
    </svg>
  );
}

/** The mark: a room whose door stands open, which is also a camera. */
export function Mark() {
  return (
    <svg className="wv-mark" viewBox="0 0 32 32" aria-hidden="true" focusable="false">
      <rect className="wv-mark-room" x="2" y="6" width="19" height="20" rx="5.5" />
      <circle className="wv-mark-person" cx="11.5" cy="13" r="3" />
      <path className="wv-mark-person" d="M5.9 21.6c.5-3.1 2.7-4.7 5.6-4.7s5.1 1.6 5.6 4.7Z" />
      <path className="wv-mark-door" d="M23.5 11.2 29.1 7.7a.6.6 0 0 1 .9.5v15.6a.6.6 0 0 1-.9.5l-5.6-3.5Z" />
    </svg>
  );
}

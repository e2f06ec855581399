/**
 * What this side changes in session descriptions, as text: how the encoder of
 * sound is set (RFC 7587), that slots play stereo, and fresh ICE credentials.
 * None of it is the service's affair, so none of it costs an exchange of SDP.
 */

/** Speech: mono, silent in pauses. Music: the room as it sounds, in stereo. */
export type SoundMode = 'speech' | 'music';

export const SOUND_MODES: ReadonlyArray<SoundMode> = ['speech', 'music'];

export const SOUND_BPS: Readonly<Record<SoundMode, number>> = { speech: 40_000, music: 128_000 };

/** Both repair single losses from the packet that follows; only speech may pause (DTX). */
const OPUS: Readonly<Record<SoundMode, string>> = {
  speech: `minptime=10;useinbandfec=1;usedtx=1;stereo=0;maxaveragebitrate=${SOUND_BPS.speech}`,
  music: `minptime=10;useinbandfec=1;stereo=1;sprop-stereo=1;maxaveragebitrate=${SOUND_BPS.music}`,
};

export interface IceCredentials {
  ufrag: string;
  password: string;
}

/** Tells the encoder of an m-line, by the answer it is given, how to encode. */
export function withSound(sdp: string, mid: string, mode: SoundMode): string {
  return inSections(sdp, section => (midOf(section) === mid ? withOpus(section, () => OPUS[mode]) : section));
}

/** Offers to play stereo wherever sound is received. */
export function withStereoSlots(sdp: string): string {
  return inSections(sdp, section =>
    section.startsWith('m=audio') && section.includes('\na=recvonly')
      ? withOpus(section, parameters =>
          parameters.includes('stereo=') ? parameters : `${parameters};stereo=1`,
        )
      : section,
  );
}

/** Puts other ICE credentials into an answer. */
export function withCredentials(sdp: string, { ufrag, password }: IceCredentials): string {
  return sdp
    .replace(/^a=ice-ufrag:.*$/gm, () => `a=ice-ufrag:${ufrag}`)
    .replace(/^a=ice-pwd:.*$/gm, () => `a=ice-pwd:${password}`);
}

/** The ICE session that a description of this side begins. */
export function ufragOf(sdp: string): string | null {
  return /^a=ice-ufrag:(\S+)/m.exec(sdp)?.[1] ?? null;
}

function inSections(sdp: string, change: (section: string) => string): string {
  return sdp
    .split(/(?=^m=)/m)
    .map(change)
    .join('');
}

function midOf(section: string): string | null {
  return /^a=mid:(\S+)/m.exec(section)?.[1] ?? null;
}

function withOpus(section: string, change: (parameters: string) => string): string {
  const type = /^a=rtpmap:(\d+) opus\/48000\/2/im.exec(section)?.[1];
  if (type === undefined) {
    return section;
  }
  const parameters = new RegExp(`^a=fmtp:${type} ([^\\r\\n]*)`, 'm');
  if (parameters.test(section)) {
    return section.replace(parameters, (_, given: string) => `a=fmtp:${type} ${change(given)}`);
  }
  return section.replace(
    new RegExp(`^a=rtpmap:${type} .*$`, 'm'),
    line => `${line}\r\na=fmtp:${type} ${change('minptime=10;useinbandfec=1')}`,
  );
}

/**
 * Bytes of lib0, with the type that our compiler knows.
 *
 * lib0's declarations are written for a later TypeScript (`Uint8Array` with a
 * parameter), which this one reads as an error: converted here, once.
 */
import * as decoding from 'lib0/decoding';
import * as encoding from 'lib0/encoding';
import { encodeAwarenessUpdate, type Awareness } from 'y-protocols/awareness';

/** First byte of a binary frame, as in y-websocket. */
export const SYNC = 0;
export const AWARENESS = 1;

export function bytesOf(encoder: encoding.Encoder): Uint8Array {
  return encoding.toUint8Array(encoder) as Uint8Array;
}

/** A frame of `type` whose rest is written by `write`. */
export function frameOf(type: number, write: (encoder: encoding.Encoder) => void): Uint8Array {
  const encoder = encoding.createEncoder();
  encoding.writeVarUint(encoder, type);
  write(encoder);
  return bytesOf(encoder);
}

/** The awareness states of `clients`, as a frame. */
export function awarenessFrame(awareness: Awareness, clients: number[]): Uint8Array {
  return frameOf(AWARENESS, encoder => {
    encoding.writeVarUint8Array(encoder, encodeAwarenessUpdate(awareness, clients));
  });
}

export function readBytes(decoder: decoding.Decoder): Uint8Array {
  return decoding.readVarUint8Array(decoder) as Uint8Array;
}

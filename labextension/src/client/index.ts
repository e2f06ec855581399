/** The room client, without any view. */
export { RoomsApi, type ApiFailure, type ApiResult } from './api';
export { Devices, type Capture, type DeviceProblem, type DevicesState } from './devices';
export { Store, Emitter } from './observable';
export { RoomClient, type EntryChoices } from './roomClient';
export { RoomSession, type LinkState, type Locale, type RoomSessionOptions } from './session';
export { THRIFTS, type Thrift } from './wantedVideos';
export {
  handQueue,
  mayUse,
  moderates,
  myself,
  type Line,
  type Notice,
  type Phase,
  type RoomSnapshot,
} from './state';

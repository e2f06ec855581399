/** What the drive's toolbars, commands and editors share while JupyterLab is open. */
import { Store } from '../../client/observable';

export class DriveState {
  /** Whether this person goes where the trainer goes; scrolling oneself ends it. */
  readonly isFollowing = new Store(true);
  /** Whether the trainer's mouse is shown to the others. */
  readonly isPointing = new Store(false);
}

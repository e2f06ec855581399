/** Names of our commands: other extensions and keyboard settings may use them, so they never change. */
export const CommandIds = {
  open: 'webvisio:open-room',
  toggleMicrophone: 'webvisio:toggle-microphone',
  toggleCamera: 'webvisio:toggle-camera',
  toggleSharing: 'webvisio:toggle-sharing',
  toggleHand: 'webvisio:toggle-hand',
  toggleStrip: 'webvisio:toggle-strip',
  copyLink: 'webvisio:copy-link',
  leave: 'webvisio:leave-room',
  openDocument: 'webvisio:open-document',
  share: 'webvisio:share-notebook',
  copyToFiles: 'webvisio:copy-to-my-files',
  follow: 'webvisio:follow-trainer',
  point: 'webvisio:toggle-pointer',
  present: 'webvisio:present-notebook',
  handOut: 'webvisio:hand-out-exercise',
  help: 'webvisio:helping-hand',
} as const;

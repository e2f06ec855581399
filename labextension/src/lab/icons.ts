/** Our icons in JupyterLab's weight: 24-unit grid, `jp-icon3` follows the theme. */
import { LabIcon } from '@jupyterlab/ui-components';

function icon(name: string, paths: string): LabIcon {
  return new LabIcon({
    name: `webvisio:${name}`,
    svgstr: `<svg xmlns="http://www.w3.org/2000/svg" width="16" viewBox="0 0 24 24"><g class="jp-icon3" fill="#616161">${paths}</g></svg>`,
  });
}

/** Three people before a board. */
export const roomIcon = icon(
  'room',
  '<path d="M3 3h18a1 1 0 0 1 1 1v9h-2V5H4v8H2V4a1 1 0 0 1 1-1Z"/><circle cx="12" cy="11.6" r="2.6"/><circle cx="5.4" cy="15.6" r="2"/><circle cx="18.6" cy="15.6" r="2"/><path d="M7.6 21c0-3.2 1.8-5.4 4.4-5.4s4.4 2.2 4.4 5.4ZM2 21c0-1.9 1.3-3.1 3.4-3.1.5 0 .9.1 1.3.2-.5.9-.8 1.9-.8 2.9ZM17.3 18.1c.4-.1.8-.2 1.3-.2 2.1 0 3.4 1.2 3.4 3.1h-3.9c0-1-.3-2-.8-2.9Z"/>',
);

export const microphoneIcon = icon(
  'microphone',
  '<path d="M12 14a3 3 0 0 0 3-3V5a3 3 0 0 0-6 0v6a3 3 0 0 0 3 3Zm5-3a5 5 0 0 1-10 0H5a7 7 0 0 0 6 6.9V21h2v-3.1A7 7 0 0 0 19 11Z"/>',
);

export const microphoneOffIcon = icon(
  'microphone-off',
  '<path d="m4.3 3 16.7 16.7-1.3 1.3-4.1-4.1c-.8.5-1.7.9-2.6 1V21h-2v-3.1A7 7 0 0 1 5 11h2a5 5 0 0 0 7.1 4.5l-1.6-1.6a3 3 0 0 1-3.5-2.9v-.6L3 4.3ZM19 11a7 7 0 0 1-.9 3.4l-1.5-1.5c.3-.6.4-1.2.4-1.9Zm-4-6v5.8L9.2 5.1A3 3 0 0 1 15 5Z"/>',
);

export const notebookIcon = icon(
  'notebook',
  '<path d="M6 3h11a2 2 0 0 1 2 2v14a2 2 0 0 1-2 2H6Zm2 2v14h9V5Zm2 3h5v1.8h-5Zm0 4h5v1.8h-5ZM3 7h2v1.8H3Zm0 4h2v1.8H3Zm0 4h2v1.8H3Z"/>',
);

export const pointerIcon = icon(
  'pointer',
  '<path d="M12 7a5 5 0 1 1 0 10 5 5 0 0 1 0-10Zm-1-5h2v3h-2Zm0 17h2v3h-2ZM2 11h3v2H2Zm17 0h3v2h-3Z"/>',
);

/** How JupyterLab's notifications are shown: without a word on it, they only count in the status bar. */

/** For what must not be missed: it is shown until it is put away. */
export const STAYS = { autoClose: false } as const;

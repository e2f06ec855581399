/** The build of the plain page whose islands this extension loads; `build-lab.mjs` writes its name here. */
export const PAGE_BUILD: string = 'not-built';

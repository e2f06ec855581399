/** How large each picture is in an area of any shape. Pure: it places what `arrangement` chose. */
import {
  arrange,
  galleryCapacity,
  gridFor,
  WIDEST,
  type Arrangement,
  type LayoutName,
  type People,
  type Size,
} from './arrangement';

/** Pixels between two tiles. */
export const GAP = 8;
/** Tiles of the filmstrip beside a wide stage. */
const FILM: Size = { width: 192, height: 108 };
/** Smallest tile under a tall stage. */
const FILM_SMALLEST: Size = { width: 104, height: 72 };
/** The line that counts who is not shown. */
const REST_HEIGHT = 28;
/** What turns a gallery's pages stands below it, over nobody. */
const PAGER_HEIGHT = 52;
/** In a band lower than this (below what is presented, on a phone) it stands at both ends instead. */
const LOWEST_WITH_PAGER_BELOW = 200;
const PAGER_WIDTH = 2 * 44;
/** A tall area gives the stage no more than this share while there are others to show. */
const TALL_STAGE_SHARE = 0.62;
const MOST_FILM_TILES = 11;

export interface Placement {
  arrangement: Arrangement;
  /** A wide area has its filmstrip beside the stage, a tall one below it. */
  isWide: boolean;
  /** A low band has what turns its pages at both ends. */
  isLow: boolean;
  stage: Size;
  large: Size;
  film: Size;
}

const NOTHING: Size = { width: 0, height: 0 };

export function place(people: People, layout: LayoutName, area: Size, page: number): Placement {
  const isWide = area.width > area.height && area.width >= 640;
  if (layout === 'gallery') {
    const isLow = area.width > area.height && area.height < LOWEST_WITH_PAGER_BELOW;
    const all = arrange(people, layout, galleryCapacity(area, GAP, isLow), page);
    const stage = all.pages > 1 ? besidePager(area, isLow) : area;
    const arrangement =
      all.pages > 1 ? arrange(people, layout, galleryCapacity(stage, GAP, isLow), page) : all;
    return {
      arrangement,
      isWide,
      isLow,
      stage,
      large: gridFor(arrangement.large.length, stage, GAP, isLow),
      film: NOTHING,
    };
  }
  return isWide ? besideStage(people, layout, area) : belowStage(people, layout, area);
}

function besidePager(area: Size, isLow: boolean): Size {
  return isLow
    ? { ...area, width: Math.max(0, area.width - PAGER_WIDTH - 2 * GAP) }
    : { ...area, height: Math.max(0, area.height - PAGER_HEIGHT) };
}

function besideStage(people: People, layout: 'stage' | 'side', area: Size): Placement {
  const fit = (height: number) =>
    Math.min(MOST_FILM_TILES, Math.max(1, Math.floor((height + GAP) / (FILM.height + GAP))));
  const all = arrange(people, layout, fit(area.height));
  const arrangement = all.hidden > 0 ? arrange(people, layout, fit(area.height - REST_HEIGHT)) : all;
  const stage =
    arrangement.small.length > 0
      ? { width: Math.max(0, area.width - FILM.width - GAP), height: area.height }
      : area;
  const half = Math.floor((stage.width - GAP) / 2);
  const large =
    arrangement.large.length < 2
      ? stage
      : { width: half, height: Math.min(stage.height, Math.floor((half / WIDEST) * 1.5)) };
  return { arrangement, isWide: true, isLow: false, stage, large, film: FILM };
}

function belowStage(people: People, layout: 'stage' | 'side', area: Size): Placement {
  const everybody = arrange(people, layout, MOST_FILM_TILES);
  const count = Math.max(1, everybody.large.length);
  if (everybody.small.length === 0) {
    const large = stacked(area, count);
    return { arrangement: everybody, isWide: false, isLow: false, stage: area, large, film: NOTHING };
  }
  const isScreen = everybody.large[0]?.source === 'screen';
  // A screen in a tall place only needs its own shape; a face may be larger.
  const ideal = area.width * (count > 1 ? 2 / WIDEST : isScreen ? 0.68 : 0.9);
  const stage = {
    width: area.width,
    height: Math.floor(Math.min(area.height * TALL_STAGE_SHARE, ideal)),
  };
  const rest = { width: area.width, height: Math.max(0, area.height - stage.height - GAP) };
  const columns = Math.max(1, Math.floor((rest.width + GAP) / (FILM_SMALLEST.width + GAP)));
  const fit = (height: number) =>
    columns * Math.max(1, Math.floor((height + GAP) / (FILM_SMALLEST.height + GAP)));
  const all = arrange(people, layout, Math.min(MOST_FILM_TILES, fit(rest.height)));
  const isCut = all.hidden > 0;
  const under = { ...rest, height: rest.height - (isCut ? REST_HEIGHT : 0) };
  const arrangement = isCut ? arrange(people, layout, Math.min(MOST_FILM_TILES, fit(under.height))) : all;
  const film = gridFor(arrangement.small.length, under, GAP);
  return { arrangement, isWide: false, isLow: false, stage, large: stacked(stage, count), film };
}

function stacked(stage: Size, count: number): Size {
  return { width: stage.width, height: Math.max(0, Math.floor((stage.height - GAP * (count - 1)) / count)) };
}

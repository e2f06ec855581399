/**
 * A web page among the room's files (a hand-out, a printed notebook), scrolled together.
 *
 * The service gives it to a frame alone, in a sandbox without scripts, and this
 * frame's own sandbox lets none run wherever a link in it leads; so the page
 * around it may follow its scrolling. Whoever presents scrolls for all; whoever
 * follows may look around, and come back.
 */
import { useEffect, useRef, useState } from 'react';

import { Pace } from '../../documents/pace';
import type { FilesApi } from '../../files/api';
import { islandWords } from '../../islands/words';
import type { FileView } from '../../protocol/messages';
import { useClient, useRoom, useSnapshot } from '../context';
import { Button } from '../controls';

import type { ViewerProps } from './registry';
import { depthOf, isElsewhere, topOf } from './scrolling';

/** What the presenter scrolls is told so often. */
const SCROLL_INTERVAL_MS = 200;

interface RoomPageProps extends ViewerProps {
  file: FileView;
  api: FilesApi;
}

export function RoomPage({ file, api, isPresented }: RoomPageProps) {
  const { locale } = useRoom();
  const words = islandWords(locale);
  const client = useClient();
  const { presented, me } = useSnapshot();
  const frame = useRef<HTMLIFrameElement>(null);
  /** Counts what the frame has loaded; a link in it may lead elsewhere, where nothing can be followed. */
  const [loads, setLoads] = useState(0);
  const [isAway, setAway] = useState(false);
  const leads = isPresented && presented?.by === me;
  const depth = isPresented ? (presented?.scroll ?? 0) : null;
  const wanted = useRef(depth);
  wanted.current = depth;
  const { fileId } = file;

  useEffect(() => {
    const page = frame.current?.contentDocument?.scrollingElement;
    if (page && depth !== null && !leads && !isAway) {
      page.scrollTo({ top: topOf(page, depth) });
    }
  }, [loads, depth, leads, isAway]);

  useEffect(() => {
    const inside = frame.current?.contentDocument;
    if (!inside || !isPresented) {
      return undefined;
    }
    const pace = new Pace(SCROLL_INTERVAL_MS, () => {
      const page = inside.scrollingElement;
      if (page) {
        client.present({ kind: 'file', target: fileId, page: null, by: null, scroll: depthOf(page) });
      }
    });
    const scrolled = () => {
      const page = inside.scrollingElement;
      if (leads) {
        pace.ask();
      } else if (page && wanted.current !== null) {
        setAway(isElsewhere(page, wanted.current));
      }
    };
    inside.addEventListener('scroll', scrolled, { passive: true });
    return () => {
      inside.removeEventListener('scroll', scrolled);
      pace.stop();
    };
  }, [loads, isPresented, leads, client, fileId]);

  return (
    <div className="wv-room-page" data-testid="room-page" data-away={isAway}>
      <iframe
        ref={frame}
        src={api.framedUrl(fileId, file.version)}
        title={file.name}
        sandbox="allow-same-origin"
        referrerPolicy="no-referrer"
        data-testid="room-page-frame"
        onLoad={() => {
          setLoads(count => count + 1);
        }}
      />
      {isAway && !leads && (
        <Button
          className="wv-room-page-back"
          data-testid="room-page-back"
          onClick={() => {
            setAway(false);
          }}
        >
          {words('follow')}
        </Button>
      )}
    </div>
  );
}

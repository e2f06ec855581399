/** The room's documents as a component sees them: read once, and again whenever the room says so. */
import { useCallback, useEffect, useMemo, useState } from 'react';

import type { ApiFailure, ApiResult } from '../client/api';
import { DocumentsApi } from '../documents/api';
import type { DocumentList } from '../protocol/messages';

import { useClient, useRoom, useStore } from './context';

/** A service that did not answer is asked again so often. */
const RETRY_MS = 5000;

export interface RoomDocuments {
  api: DocumentsApi;
  /** Null before it was read for the first time. */
  list: DocumentList | null;
  failure: ApiFailure | null;
  /** Does something and reads the list again; tells whether it was done. */
  act: <T>(doing: Promise<ApiResult<T>>) => Promise<T | null>;
}

export function useDocuments(): RoomDocuments {
  const { session } = useRoom();
  const client = useClient();
  const { documentsVersion } = useStore(client.store);
  const api = useMemo(() => new DocumentsApi(session.api, client.roomId), [session, client]);
  const [list, setList] = useState<DocumentList | null>(null);
  const [failure, setFailure] = useState<ApiFailure | null>(null);
  const read = useCallback(async () => {
    const answer = await api.list();
    if (answer.ok) {
      setList(answer.value);
      setFailure(null);
    } else {
      setFailure(answer.failure);
    }
  }, [api]);
  useEffect(() => {
    void read();
  }, [read, documentsVersion]);
  useEffect(() => {
    if (failure?.kind !== 'unreachable') {
      return undefined;
    }
    const handle = setTimeout(() => void read(), RETRY_MS);
    return () => {
      clearTimeout(handle);
    };
  }, [read, failure]);
  const act = useCallback(
    async <T>(doing: Promise<ApiResult<T>>): Promise<T | null> => {
      const answer = await doing;
      if (!answer.ok) {
        setFailure(answer.failure);
        return null;
      }
      await read();
      return answer.value;
    },
    [read],
  );
  return useMemo(() => ({ api, list, failure, act }), [api, list, failure, act]);
}

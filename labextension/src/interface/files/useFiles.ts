/** The room's files as a component sees them: read once, and again whenever the room says so. */
import { useCallback, useEffect, useMemo, useState } from 'react';

import type { ApiFailure, ApiResult } from '../../client/api';
import { FilesApi } from '../../files/api';
import type { FileList } from '../../protocol/messages';
import { useClient, useRoom, useSnapshot } from '../context';

export interface RoomFiles {
  api: FilesApi;
  /** Null before it was read for the first time. */
  list: FileList | null;
  failure: ApiFailure | null;
  /** Does something and reads the list again; tells whether it was done. */
  act: (doing: Promise<ApiResult<unknown>>) => Promise<boolean>;
  read: () => void;
}

export function useFiles(): RoomFiles {
  const { session } = useRoom();
  const client = useClient();
  const { filesVersion, permissions } = useSnapshot();
  const api = useMemo(() => new FilesApi(session.api, client.roomId), [session, client]);
  const [list, setList] = useState<FileList | null>(null);
  const [failure, setFailure] = useState<ApiFailure | null>(null);
  const read = useCallback(() => {
    void api.list().then(answer => {
      if (answer.ok) {
        setList(answer.value);
      } else {
        setFailure(answer.failure);
      }
    });
  }, [api]);
  useEffect(read, [read, filesVersion, permissions]);
  const act = useCallback(
    async (doing: Promise<ApiResult<unknown>>) => {
      const answer = await doing;
      setFailure(answer.ok ? null : answer.failure);
      read();
      return answer.ok;
    },
    [read],
  );
  return useMemo(() => ({ api, list, failure, act, read }), [api, list, failure, act, read]);
}

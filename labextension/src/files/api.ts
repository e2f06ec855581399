/** A room's files over HTTP; content is uploaded by `uploads.ts`. */
import type { ApiResult, RoomsApi } from '../client/api';
import type { FileChange, FileList, FileVersions, FileView } from '../protocol/messages';

export class FilesApi {
  constructor(
    private readonly rooms: RoomsApi,
    readonly roomId: string,
  ) {}

  list(): Promise<ApiResult<FileList>> {
    return this.rooms.ask<FileList>('GET', this.path('files'));
  }

  change(fileId: string, changes: FileChange): Promise<ApiResult<FileView>> {
    return this.rooms.ask<FileView>('PATCH', this.path('files', fileId), changes);
  }

  remove(fileId: string): Promise<ApiResult<unknown>> {
    return this.rooms.ask('DELETE', this.path('files', fileId));
  }

  versions(fileId: string): Promise<ApiResult<FileVersions>> {
    return this.rooms.ask<FileVersions>('GET', `${this.path('files', fileId)}/versions`);
  }

  makeFolder(path: string): Promise<ApiResult<unknown>> {
    return this.rooms.ask('POST', this.path('folders'), { path });
  }

  removeFolder(path: string): Promise<ApiResult<unknown>> {
    return this.rooms.ask('DELETE', `${this.path('folders')}?path=${encodeURIComponent(path)}`);
  }

  /** Where the bytes are, for a link or a viewer. */
  contentUrl(fileId: string, version?: number): string {
    const query = version === undefined ? '' : `?version=${version}`;
    return `${this.rooms.prefix}${this.path('files', fileId)}${query}`;
  }

  /** Where a web page of the room is read by a frame, which alone gets it as one. */
  framedUrl(fileId: string, version: number): string {
    return `${this.contentUrl(fileId, version)}&framed`;
  }

  get uploadsUrl(): string {
    return `${this.rooms.prefix}${this.path('uploads')}`;
  }

  /** What a request of this page carries, where something else than `RoomsApi` sends it. */
  get headers(): Record<string, string> {
    return { 'X-XSRFToken': this.rooms.xsrf, Accept: 'application/json' };
  }

  private path(...parts: string[]): string {
    return ['api/rooms', this.roomId, ...parts]
      .map((part, index) => (index === 0 ? part : encodeURIComponent(part)))
      .join('/');
  }
}

"""Every route of the service, in one list that a test of tenancy can walk.

Patterns are below the service's prefix; none is served that is not here.
"""

from tornado.web import RequestHandler

from webvisio_rooms.web import (
    api,
    custody,
    document_socket,
    documents,
    files,
    operations,
    pages,
    socket,
    wall_socket,
    whip,
)

ID = "([^/]+)"

ROUTES: list[tuple[str, type[RequestHandler]]] = [
    ("", pages.HomePage),
    (f"r/{ID}", pages.RoomPage),
    ("login", pages.LoginHandler),
    ("session", pages.SessionPage),
    ("oauth_callback", pages.OAuthCallback),
    (f"api/links/{ID}", api.LinkHandler),
    (f"api/links/{ID}/guest", api.GuestHandler),
    ("api/rooms", api.MyRoomsHandler),
    (f"api/rooms/{ID}", api.RoomHandler),
    (f"api/rooms/{ID}/link", api.ReplaceLinkHandler),
    (f"api/rooms/{ID}/attendance", api.AttendanceHandler),
    (f"api/rooms/{ID}/files", files.FilesHandler),
    (f"api/rooms/{ID}/files/{ID}", files.FileHandler),
    (f"api/rooms/{ID}/files/{ID}/versions", files.FileVersionsHandler),
    (f"api/rooms/{ID}/folders", files.FoldersHandler),
    (f"api/rooms/{ID}/uploads", files.UploadsHandler),
    (f"api/rooms/{ID}/uploads/{ID}", files.UploadHandler),
    (f"api/rooms/{ID}/documents", documents.DocumentsHandler),
    (f"api/rooms/{ID}/documents/{ID}", documents.DocumentHandler),
    (f"api/rooms/{ID}/documents/{ID}/export", documents.ExportHandler),
    (f"api/rooms/{ID}/documents/{ID}/history", documents.HistoryHandler),
    (f"api/rooms/{ID}/documents/{ID}/history/{ID}", documents.VersionHandler),
    (f"api/rooms/{ID}/documents/{ID}/restore", documents.RestoreHandler),
    (f"api/rooms/{ID}/documents/{ID}/hand", documents.HandHandler),
    (f"api/rooms/{ID}/documents/{ID}/hand-in", documents.HandInHandler),
    (f"api/rooms/{ID}/exercises", documents.ExercisesHandler),
    (f"api/rooms/{ID}/exercises/{ID}", documents.ExerciseHandler),
    (f"api/internal/rooms/{ID}/link", api.InternalLinkHandler),
    (f"api/internal/customers/{ID}/data", custody.CustomerDataHandler),
    (f"api/internal/customers/{ID}/data/archive", custody.CustomerArchiveHandler),
    (f"api/internal/customers/{ID}/data/destruction", custody.CustomerDestructionHandler),
    (f"ws/{ID}", socket.RoomSocket),
    (f"documents/{ID}/wall", wall_socket.WallSocket),
    (f"documents/{ID}/{ID}", document_socket.DocumentSocket),
    (f"whip/{ID}", whip.WhipEndpoint),
    (f"whip/{ID}/{ID}", whip.WhipResource),
    (f"whep/{ID}", whip.WhepEndpoint),
    (f"whep/{ID}/{ID}", whip.WhepResource),
    ("health", operations.HealthHandler),
    ("metrics", operations.MetricsHandler),
]

"""Where a login leads that came by no link: trainers to JupyterLab, the others to their start page."""

from typing import Any

from webvisio_protocol.identifiers import HOST_SCOPE


def landing_page(handler: Any) -> str:
    """Choose by scope; an empty answer is JupyterHub's own choice: the person's server."""
    user = handler.current_user
    if user is None:
        return ""
    from jupyterhub.scopes import get_scopes_for

    if HOST_SCOPE in get_scopes_for(user):
        return ""
    return f"{handler.hub.base_url}home"

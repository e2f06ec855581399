"""Who may do what: JupyterHub's scopes, roles, groups and services, as its configuration takes them. Pure.

Rights come from groups, which billing fills; nothing is decided by a name.
"""

from typing import Any, Final

from webvisio_protocol.identifiers import (
    CONTACTS_GROUP,
    CONTRACTS_SCOPE,
    HOST_SCOPE,
    HOSTS_GROUP,
    JOIN_SCOPE,
    MEMBERS_GROUP,
    OPERATORS_GROUP,
    READ_SCOPE,
)

FIRST_ADMIN: Final = "admin"
"""The operator's account that the first start makes."""

CUSTOM_SCOPES: Final[dict[str, dict[str, Any]]] = {
    READ_SCOPE: {"description": "Read one's training rooms and their attendance"},
    JOIN_SCOPE: {"description": "Join the training rooms one has a role in", "subscopes": [READ_SCOPE]},
    HOST_SCOPE: {"description": "Host the training rooms one is a trainer of", "subscopes": [JOIN_SCOPE]},
    CONTRACTS_SCOPE: {"description": "Manage customers, contracts and rooms"},
}

SERVER_TOKEN_SCOPES: Final = [
    "users:activity!user",
    "access:servers!server",
    "access:services!service=rooms",
    READ_SCOPE,
]
"""What the token of a person's own server may do: a kernel reads their rooms, but enters none as them."""

GROUPS: Final[dict[str, dict[str, Any]]] = {
    HOSTS_GROUP: {"users": []},
    MEMBERS_GROUP: {"users": []},
    CONTACTS_GROUP: {"users": []},
    OPERATORS_GROUP: {"users": []},
}

ROLES: Final[list[dict[str, Any]]] = [
    # whoever logs in may be recognised by the rooms service; what they may do there is told by groups
    {"name": "user", "description": "Everybody", "scopes": ["self", "access:services!service=rooms"]},
    {"name": "webvisio-host", "groups": [HOSTS_GROUP], "scopes": [HOST_SCOPE, JOIN_SCOPE]},
    {"name": "webvisio-member", "groups": [MEMBERS_GROUP], "scopes": [JOIN_SCOPE]},
    # a customer's contact sees what their groups name, and no more: the scope only opens the front door
    {"name": "webvisio-contact", "groups": [CONTACTS_GROUP], "scopes": ["access:services!service=billing"]},
    {
        "name": "webvisio-operator",
        "groups": [OPERATORS_GROUP],
        "scopes": [CONTRACTS_SCOPE, "access:services!service=billing"],
    },
    {
        "name": "webvisio-billing",
        "services": ["billing"],
        "scopes": ["admin:users", "admin:groups", "read:users", "read:groups", "list:users", "list:groups"],
    },
    {"name": "webvisio-rooms", "services": ["rooms"], "scopes": ["read:users", "list:users"]},
]


def services(urls: dict[str, str], tokens: dict[str, str]) -> list[dict[str, Any]]:
    """Describe the two services, which the supervisor runs beside the hub (`external` to it)."""
    scopes = {"billing": [CONTRACTS_SCOPE], "rooms": [HOST_SCOPE, JOIN_SCOPE]}
    return [
        {
            "name": name,
            "url": url,
            "api_token": tokens[name],
            "oauth_client_id": f"service-{name}",
            "oauth_redirect_uri": f"/services/{name}/oauth_callback",
            "oauth_client_allowed_scopes": scopes[name],
            "oauth_no_confirm": True,
            "display": False,  # the navigation bar has links of its own
            "timeout": 2,  # the hub's own start waits no longer for a service that is down
        }
        for name, url in urls.items()
    ]

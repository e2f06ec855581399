"""The hub with somebody else's login: OAuthenticator under the contract, one line from the default."""

import os

from oauthenticator.generic import GenericOAuthenticator

from webvisio_hub.configure import configure

c = get_config()  # type: ignore[name-defined]  # noqa: F821 - given by traitlets

configure(c, inner_authenticator=GenericOAuthenticator)

provider = os.environ["WEBVISIO_TEST_PROVIDER"]
c.GenericOAuthenticator.client_id = "web-visio"
c.GenericOAuthenticator.client_secret = "not-a-secret"
c.GenericOAuthenticator.authorize_url = f"{provider}/authorize"
c.GenericOAuthenticator.token_url = f"{provider}/token"
c.GenericOAuthenticator.userdata_url = f"{provider}/userinfo"
c.GenericOAuthenticator.oauth_callback_url = f"{os.environ['WEBVISIO_PUBLIC_URL']}/hub/oauth_callback"
c.GenericOAuthenticator.username_claim = "preferred_username"
c.GenericOAuthenticator.allow_all = True
c.GenericOAuthenticator.login_service = "the school"

c.ContractMixin.server_cut_grace_s = 1.0

"""The hub that `make run` starts. `webvisio_hub.configure` does it all; change what you need below it.

Another way to log in is one line. With JupyterHub's OAuthenticator or LTI
(`pip install webvisio[oauth]` or `webvisio[lti]`), for example:

    from oauthenticator.generic import GenericOAuthenticator
    configure(c, inner_authenticator=GenericOAuthenticator)

    from ltiauthenticator.lti13.auth import LTI13Authenticator
    configure(c, inner_authenticator=LTI13Authenticator)

and then the inner class's own settings, as its manual says. The contract is
enforced over any of them.
"""

from webvisio_hub.configure import configure

c = get_config()  # noqa: F821 - given by traitlets

configure(c)

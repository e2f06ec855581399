"""What can go wrong while the platform starts or runs.

HubError
├── SettingsError        a setting is missing or wrong; the message names it
├── AlreadyRunning       another supervisor holds this WEBVISIO_HOME
├── PortTaken            a port belongs to a process that is not ours
├── FirstStartFailed     migrations or the demonstration data could not be made
└── GaveUp               a child crashed too often in too short a time
"""


class HubError(Exception):
    """Base of this package's exceptions; the message is for the operator."""


class SettingsError(HubError):
    """A setting is missing or wrong."""


class AlreadyRunning(HubError):  # noqa: N818 - reads as a statement
    """Another supervisor holds this `WEBVISIO_HOME`."""


class PortTaken(HubError):  # noqa: N818 - reads as a statement
    """A port belongs to a process that is not ours."""


class FirstStartFailed(HubError):  # noqa: N818 - reads as a statement
    """Migrations or the demonstration data could not be made."""


class GaveUp(HubError):  # noqa: N818 - reads as a statement
    """A child crashed too often in too short a time."""

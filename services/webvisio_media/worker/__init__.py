"""The worker process: settings, the control socket, signals."""

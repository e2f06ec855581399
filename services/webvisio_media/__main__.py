"""Runs a media worker."""

from webvisio_media.worker.application import main

main()

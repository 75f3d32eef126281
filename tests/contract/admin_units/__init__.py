"""The statistics office's service against its sandbox."""

"""Facts and samples of the look-ups, written by hand."""

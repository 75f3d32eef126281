"""Facts, schema and samples of the platform, written by hand."""

"""Facts and samples of the register, written by hand."""

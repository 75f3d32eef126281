"""Land registers: VBDLIS and iLIS, one of them per agency."""

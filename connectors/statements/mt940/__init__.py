"""SWIFT MT940 and MT942 statements, as banks really write them."""

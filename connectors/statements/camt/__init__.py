"""ISO 20022 account reports: camt.052, camt.053 and camt.054, versions 01 to 13."""

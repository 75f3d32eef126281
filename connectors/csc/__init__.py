"""Signature services of the Cloud Signature Consortium's interface, versions 1.0.4 and 2."""

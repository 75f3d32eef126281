"""Checks signatures in PDF and XML files: by our own roots, with revocation known at every level, behind process walls."""

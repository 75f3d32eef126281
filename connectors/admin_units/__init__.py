"""The statistics office's list of administrative units, by date (DMDVHC.asmx)."""

"""Việt Nam Social Security (BHXH): three look-ups of insured people and their households."""

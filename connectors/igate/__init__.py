"""VNPT-iGate v2 ('digo'), the province's case system: its feed, its fees, and the six-step adapter for what we tell it."""

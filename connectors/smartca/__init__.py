"""VNPT SmartCA: the third-party gateway (sp769) and the older CSC-like service."""

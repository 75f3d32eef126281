"""Viettel MySign (CloudCA), the path /vtss/service."""

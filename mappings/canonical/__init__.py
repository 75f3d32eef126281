"""Frozen types that every part of the project speaks. Amounts are whole đồng unless a type says otherwise."""

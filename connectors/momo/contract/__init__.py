"""What MoMo publishes, as data."""

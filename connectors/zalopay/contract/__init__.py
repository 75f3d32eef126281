"""What ZaloPay publishes, as data."""

"""What every connector is made of: transport, authentication, effect declarations, sandbox base."""

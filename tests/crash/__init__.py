"""Real processes on a real PostgreSQL, killed at every named point; a fresh one must find all work again."""

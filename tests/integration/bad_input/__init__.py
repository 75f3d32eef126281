"""What must not be understood: every door gets it, answers as agreed, changes nothing else and loses nothing."""

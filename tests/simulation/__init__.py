"""The real core on the memory store, a virtual clock and an outside world that fails: one seed is one history."""

"""PayGov, the broker of the ministry that some provinces pay through. Most of it is not public: see ``settings``."""

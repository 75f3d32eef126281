"""KeyPay, in the older form through the National Portal or stand-alone. Most of it is not public: see ``settings``."""

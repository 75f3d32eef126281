"""The signing core that all signature CAs share: prepare, hand out a hash, finish with the value, verify before anything leaves."""

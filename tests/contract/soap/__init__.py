"""The SOAP kit on real sockets: contracts nobody here wrote, traps, attacks."""

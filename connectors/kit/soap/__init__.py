"""SOAP: envelopes by zeep from pinned contracts, our own transport, our own strict readers. See ``docs/kit.md``."""

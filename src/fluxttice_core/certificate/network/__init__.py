"""The certificate of a network over the gates: the first kind."""

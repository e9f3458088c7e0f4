"""Tensors to loss, epoch to schedule: pure functions, shaped like their equations."""

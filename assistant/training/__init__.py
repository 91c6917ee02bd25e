"""Fits what the assistant reads with to question sets; nothing here runs when it answers."""

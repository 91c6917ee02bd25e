"""A document assistant for a town government: cited answers or an honest refusal."""

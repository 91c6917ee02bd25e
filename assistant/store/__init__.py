"""What is kept: documents, search indexes, conversations."""

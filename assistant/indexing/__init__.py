"""From files to stored documents: parse, chunk, index."""

"""From a question to a cited answer or a refusal: the steps and the list they stand in."""

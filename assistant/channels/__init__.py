"""How the outside reaches the assistant; channels translate and decide nothing."""

"""How good and how fast: coursebot and its peers, measured in one run."""

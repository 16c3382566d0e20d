"""contrib.losses, which Slim has as slim.losses: the older losses, whose predictions come first."""

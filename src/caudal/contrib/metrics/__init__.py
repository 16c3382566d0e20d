"""contrib.metrics, which Slim has as slim.metrics: streaming measures whose predictions come first."""

"""contrib.training: the op that trains, the loop that runs it, evaluation."""

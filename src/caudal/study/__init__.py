"""The study of 2017 that this project repeats: four networks, their curves, a table of accuracies."""

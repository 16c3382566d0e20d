"""What TF 1.15 keeps in `tensorflow.python.tools`: graphs frozen and cut down for files, checkpoints shown."""

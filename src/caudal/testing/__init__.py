"""tf.test: a TestCase with sessions (case.py), slopes checked by differences (slopes.py), the machine, benchmarks (machine.py)."""

"""Estimators: a model as a function, which is trained, evaluated, asked and exported in graphs of their own."""

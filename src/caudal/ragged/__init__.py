"""Tensors whose rows differ in length (tensor.py), and the functions of strings that give such (strings.py, unicode.py)."""

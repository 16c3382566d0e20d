"""Lookup tables: what fills them (initializers.py), fixed and changing ones (tables.py), and tables of words (words.py)."""

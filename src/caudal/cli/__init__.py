"""The command line: each command's file parses, calls and prints."""

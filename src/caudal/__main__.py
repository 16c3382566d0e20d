"""`python -m caudal` does what the command `caudal` does."""

from .cli.main import main

if __name__ == "__main__":
    main()

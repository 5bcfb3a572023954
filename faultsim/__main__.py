"""``python -m faultsim``."""

from faultsim.cli import main

if __name__ == "__main__":
    main()

"""`python -m flametree_cfg`."""

from flametree_cfg.cli import main

if __name__ == "__main__":
    main()

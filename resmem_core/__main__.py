"""`python -m resmem_core`: the `resmem` command of this interpreter."""

from resmem_core.cli import main

if __name__ == "__main__":
    main()

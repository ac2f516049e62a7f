"""`python -m seqgen`: the same as the `seqgen` command."""

from seqgen.cli import main

if __name__ == "__main__":
    main()

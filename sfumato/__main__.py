"""``python -m sfumato`` is the command line."""

from sfumato.cli import main

__all__: list[str] = []

if __name__ == "__main__":
    main()

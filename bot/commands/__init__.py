"""What the ``faro`` command does, one module per noun. ``bot/cli.py`` only names and wires them."""

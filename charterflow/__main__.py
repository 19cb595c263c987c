"""python -m charterflow."""

from charterflow.cli import main

raise SystemExit(main())

"""What `make bench` runs: each figure a ratio to an anchor measured in the same run."""

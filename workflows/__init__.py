"""The charter: which clause, which promise, which words. Knows the engine, no HTTP."""

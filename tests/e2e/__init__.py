"""The real stack of `make demo` in a real browser: `make e2e`."""

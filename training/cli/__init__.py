"""The subcommands of `ade-train`."""

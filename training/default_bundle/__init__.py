"""The bundle that the package ships: its data, its training, its scores."""

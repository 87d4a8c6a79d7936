"""The multi-task network of the paper (section 3.2), as modules that training runs."""

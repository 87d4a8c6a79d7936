"""What a training leaves for people: its environment, its curves, its TensorBoard logs, its model card."""

"""What holds over all engines that build the models."""

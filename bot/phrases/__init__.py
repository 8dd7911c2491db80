"""What editors make of phrases that people use: words of lists, signs of danger, examples for the model."""

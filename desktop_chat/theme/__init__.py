"""Every colour, size, font and icon of the window, from the design's tokens. Below all that draws; knows no model."""

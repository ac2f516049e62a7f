"""A ball in a box, seen as cells of a grid: how well can its next cell be predicted, from how many cells before?"""

"""Blasts: one ask to one audience at one time, from draft to finished."""

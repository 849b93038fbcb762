"""Verdicts that are known already: kept between runs in the user's cache folder."""

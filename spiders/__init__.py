"""Scrapy's own place: what is asked of a site, in which order and how politely. Bodies are read elsewhere."""

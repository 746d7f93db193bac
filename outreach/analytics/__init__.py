"""Analytics: figures with intervals, charts, and the reports made of them."""

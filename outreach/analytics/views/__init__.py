"""The read-only SQL layer for people who bring their own tool."""
